import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { makeVariableStore } from '../formats/testing/make-variable-store.ts';
import { Machine } from '../machine/machine.ts';
import { makeFirmwareImage, makeUki, WELL_KNOWN } from '../predict/testing/made-boot.ts';
import {
  filesOf,
  PREDICT_DEFAULTS,
  type PredictFlags,
  predictReport,
  predictRequest,
  renderPrediction,
} from './predict.ts';

const machine = Machine.parse({
  name: 'test',
  firmware: { kind: 'pflash', code: 'CODE', vars: 'VARS', smm: true },
  boot: { kind: 'disk', path: 'DISK', format: 'raw' },
});

const FILES: Readonly<Record<string, Uint8Array>> = {
  CODE: makeFirmwareImage(),
  VARS: makeVariableStore([]),
  WHOLE: Buffer.concat([
    makeVariableStore([
      { name: 'PK', guid: '8be4df61-93ca-11d2-aa0d-00e098032b8c', data: Uint8Array.of(1) },
    ]),
    makeFirmwareImage(),
  ]),
  UKI: makeUki(257),
  NEWER: makeUki(262, {
    sections: [{ name: '.rodata', data: Buffer.from('\0\0LoaderPcrSMBIOS\0', 'utf16le') }],
  }),
};

const open = (path: string) => bytesSource(path, FILES[path] ?? new Uint8Array(0));

function report(flags: PredictFlags) {
  return predictReport(predictRequest(flags), open, PREDICT_DEFAULTS);
}

describe('cvm predict is told what to forecast', () => {
  it('by flags', () => {
    expect(predictRequest({ disk: 'D', firmware: 'F', vars: 'V' })).toEqual({
      firmware: 'F',
      vars: 'V',
      boot: { kind: 'disk', path: 'D', format: 'raw' },
    });
    expect(predictRequest({ uki: 'U', firmware: 'F' })).toMatchObject({
      vars: undefined,
      boot: { kind: 'uki', uki: 'U' },
    });
    expect(predictRequest({ kernel: 'K', initrd: 'I', cmdline: 'C', firmware: 'F' }).boot).toEqual({
      kind: 'kernel',
      kernel: 'K',
      initrd: 'I',
      cmdline: 'C',
    });
  });

  it('by a machine description, and flags that count more', () => {
    const request = predictRequest({}, machine);
    expect(request).toEqual({ firmware: 'CODE', vars: 'VARS', boot: machine.boot });
    expect(filesOf(request)).toEqual(['CODE', 'VARS', 'DISK']);
    const other = predictRequest({ uki: 'U', vars: 'V' }, machine);
    expect(filesOf(other)).toEqual(['CODE', 'V', 'U']);
    expect(filesOf(predictRequest({ firmware: 'F' }, machine))).toEqual(['F', 'DISK']);
  });

  it.each([
    [{}, 'predict needs --disk, --uki, --kernel or --machine'],
    [{ uki: 'U' }, 'predict needs --firmware or --machine'],
    [{ uki: 'U', disk: 'D', firmware: 'F' }, '--disk, --uki and --kernel exclude each other'],
    [{ uki: 'U', cmdline: 'C', firmware: 'F' }, '--initrd and --cmdline go with --kernel'],
  ])('and not by %j', (flags, sentence) => {
    expect(() => predictRequest(flags)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: sentence }),
    );
  });
});

describe('cvm predict', () => {
  it('knows no PCR 1 behind a stub that measures objects of SMBIOS', () => {
    const reasonOf = (uki: string) =>
      report({ uki, firmware: 'CODE', vars: 'VARS' }).unpredictable.find(({ pcr }) => pcr === 1)
        ?.reason;
    expect(reasonOf('NEWER')).toContain('systemd measures objects of the SMBIOS table');
    expect(reasonOf('UKI')).not.toContain('systemd');
  });

  it('reports values, events and reasons', () => {
    const { banks, events, unpredictable } = report({ uki: 'UKI', firmware: 'CODE', vars: 'VARS' });
    expect(banks.sha256?.[6]).toBe(WELL_KNOWN.separatorOnly);
    expect(events).toContainEqual({
      pcr: 4,
      type: 'EV_EFI_ACTION',
      digests: { sha256: WELL_KNOWN.callingApplication },
      agent: 'firmware',
      basis: 'computed',
      description: 'Calling EFI Application from Boot Option',
      data: Buffer.from('Calling EFI Application from Boot Option').toString('hex'),
    });
    expect(unpredictable.map(({ pcr }) => pcr)).toContain(5);
  });

  it('finds the variables in the firmware where there is no other store', () => {
    const secureBoot = (data: number) =>
      // UEFI_VARIABLE_DATA of SecureBoot (TCG PC Client PFP 1.06, 10.2.6).
      createHash('sha256')
        .update(Buffer.from('61dfe48bca93d211aa0d00e098032b8c', 'hex'))
        .update(Buffer.from('0a000000000000000100000000000000', 'hex'))
        .update(Buffer.from('SecureBoot', 'utf16le'))
        .update(Buffer.of(data))
        .digest('hex');
    const digest = (flags: PredictFlags) =>
      report(flags).events.find(({ pcr }) => pcr === 7)?.digests.sha256;
    expect(digest({ uki: 'UKI', firmware: 'CODE' })).toBe(secureBoot(0));
    expect(() => report({ uki: 'UKI', firmware: 'WHOLE' })).toThrow(
      'Secure Boot refuses UKI: it is not signed, and its digest is not in db',
    );
    expect(digest({ uki: 'UKI', firmware: 'WHOLE', vars: 'VARS' })).toBe(secureBoot(0));
  });

  it('shows people the same', () => {
    const text = renderPrediction(report({ uki: 'UKI', firmware: 'CODE' }));
    expect(text).toContain(
      'PCR 4   firmware        computed  EV_EFI_ACTION  Calling EFI Application from Boot Option\n',
    );
    expect(text).toContain('PCR 5 cannot be known: the partition table of the boot disk');
    expect(text).toContain(`  6 : ${WELL_KNOWN.separatorOnly}\n`);
  });
});
