import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { winCertificate } from '../formats/efi-program.ts';
import { VARIABLE_GUIDS } from '../formats/efi-variable.ts';
import { readPe } from '../formats/pe.ts';
import { FIXTURES_MISSING, openFixtures } from '../formats/testing/fixtures.ts';
import { makePe } from '../formats/testing/make-pe.ts';
import { makeCertificate, makeKey, makeSignature } from '../formats/testing/make-signature.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { ALL_BANKS } from '../measure/bank.ts';
import { sectionDigests } from '../predict/section-digests.ts';
import { pcr11Report, UKI_DEFAULTS, ukiReport } from './uki.ts';
import { renderPcr11Report, renderUki } from './uki-text.ts';

const report = (bytes: Uint8Array, options = UKI_DEFAULTS) =>
  ukiReport(bytesSource('test.efi', bytes), options);

const hash = (...parts: readonly (string | Uint8Array)[]) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();

/** PCR 11 by its definition: measured texts, one after the other. */
function pcr11(...measured: readonly string[]): string {
  const value = measured.reduce<Uint8Array>((pcr, text) => hash(pcr, hash(text)), Buffer.alloc(32));
  return Buffer.from(value).toString('hex');
}

const sections = [
  { name: '.text', data: 'code' },
  { name: '.sdmagic', data: '#### LoaderInfo: systemd-stub 257.13-1~deb13u1 ####' },
  { name: '.osrel', data: 'ID=test' },
  { name: '.linux', data: 'kernel' },
];
const profiles = [
  { name: '.profile', data: 'ID=main\nTITLE=Main' },
  { name: '.profile', data: 'ID=\x1b[31mred' },
  { name: '.cmdline', data: 'debug' },
];

describe('the report on a UKI', () => {
  it('has PCR 11 by phase path', () => {
    const measured = ['.linux\0', 'kernel', '.osrel\0', 'ID=test'];
    const { stub, pcr11: values, profiles: none } = report(makePe({ sections }));
    expect(stub).toBe('257.13-1~deb13u1');
    expect(none).toBeUndefined();
    expect(values).toEqual({
      '': { sha256: pcr11(...measured) },
      'enter-initrd': { sha256: pcr11(...measured, 'enter-initrd') },
      'enter-initrd:leave-initrd': {
        sha256: pcr11(...measured, 'enter-initrd', 'leave-initrd'),
      },
      'enter-initrd:leave-initrd:sysinit': {
        sha256: pcr11(...measured, 'enter-initrd', 'leave-initrd', 'sysinit'),
      },
      'enter-initrd:leave-initrd:sysinit:ready': {
        sha256: pcr11(...measured, 'enter-initrd', 'leave-initrd', 'sysinit', 'ready'),
      },
    });
  });

  it('may be PCR 11 alone, with the same values', () => {
    const source = bytesSource('test.efi', makePe({ sections: [...sections, ...profiles] }));
    const digests = sectionDigests(source, readPe(source), UKI_DEFAULTS.banks);
    const alone = pcr11Report(source, UKI_DEFAULTS, digests);
    const whole = ukiReport(source, UKI_DEFAULTS);
    expect(alone).toEqual({ pcr11: whole.pcr11, profiles: whole.profiles });
    expect(renderUki(whole).endsWith(`\n\n${renderPcr11Report(alone)}`)).toBe(true);
  });

  it('cannot be PCR 11 of an image that is no UKI', () => {
    const source = bytesSource('test.efi', makePe({ sections: [{ name: '.text', data: 'code' }] }));
    expect(() => pcr11Report(source, UKI_DEFAULTS, () => ({}))).toThrow(
      'test.efi: at 0x0: expected a UKI, which has a .linux section, found another PE file',
    );
  });

  it('has PCR 11 by profile', () => {
    const options = { banks: ['sha256'], phases: [':a:'] } as const;
    const image = report(makePe({ sections: [...sections, ...profiles] }), options);
    const base = ['.linux\0', 'kernel', '.osrel\0', 'ID=test'];
    const main = { a: { sha256: pcr11(...base, '.profile\0', 'ID=main\nTITLE=Main', 'a') } };
    const red = [...base, '.cmdline\0', 'debug', '.profile\0', 'ID=\x1b[31mred', 'a'];
    expect(image.pcr11).toEqual(main);
    expect(image.profiles).toEqual([
      { profile: 0, id: 'main', title: 'Main', pcr11: main },
      { profile: 1, id: '\x1b[31mred', title: null, pcr11: { a: { sha256: pcr11(...red) } } },
    ]);
  });

  it('has every section with its profile', () => {
    const image = report(makePe({ sections: [...sections, ...profiles] }));
    expect(image.sections.map(({ name, profile }) => [name, profile])).toEqual([
      ['.text', null],
      ['.sdmagic', null],
      ['.osrel', null],
      ['.linux', null],
      ['.profile', 0],
      ['.profile', 1],
      ['.cmdline', 1],
    ]);
    expect(image.sections[3]).toEqual({
      name: '.linux',
      size: 6,
      sha256: hash('kernel').toString('hex'),
      profile: null,
    });
  });

  it('has the banks that were asked for', () => {
    const image = report(makePe({ sections }), { banks: ['sha1', 'sha384'], phases: [''] });
    expect(Object.keys(image.authenticode)).toEqual(['sha1', 'sha384']);
    expect(Object.keys(image.pcr11?.[''] ?? {})).toEqual(['sha1', 'sha384']);
  });

  it('has zeros where the stub is too old to measure', () => {
    const old = { name: '.sdmagic', data: '#### LoaderInfo: systemd-stub 251.4 ####' };
    const image = report(makePe({ sections: [old, { name: '.linux', data: 'x' }] }));
    expect(image.pcr11?.['']).toEqual({ sha256: '00'.repeat(32) });
  });

  it('is text for people too, without control characters of the file', () => {
    const text = renderUki(report(makePe({ sections: [...sections, ...profiles] })));
    expect(text).toContain('systemd-stub 257.13-1~deb13u1\n');
    expect(text).toContain('PCR 11 of profile 0 main: Main\n  before any phase\n    sha256 ');
    expect(text).toContain('PCR 11 of profile 1 \\u{1b}[31mred\n');
    expect(text).toContain('\nNot signed\n');
  });
});

describe('the report on another PE image', () => {
  const key = makeKey();
  const certificate = makeCertificate({ subject: 'signer', key });
  const imageDigest = '00'.repeat(32);
  const signers = [{ certificate, key }];
  const cms = makeSignature({ imageDigest, signers, certificates: [certificate] });
  const signed = makePe({
    sections: [{ name: '.text', data: 'code' }],
    certificates: [winCertificate(cms)],
  });

  it('has no PCR 11', () => {
    const image = report(signed);
    expect(image).not.toHaveProperty('pcr11');
    expect(image).not.toHaveProperty('profiles');
    expect(renderUki(image)).toContain('No UKI: it has no .linux section\n');
  });

  it('names the signers', () => {
    const sha256 = hash(certificate).toString('hex');
    const name = { subject: 'CN=signer', issuer: 'CN=signer', sha256 };
    expect(report(signed).signers).toEqual([{ ...name, chain: [name] }]);
    expect(renderUki(report(signed))).toContain(
      'Signed by\n  CN=signer\n    issued by CN=signer\n',
    );
  });

  it('says whether it would boot with a variable store, and why not', () => {
    const pk = { guid: VARIABLE_GUIDS.global, name: 'PK', attributes: 39 };
    const variables = [{ ...pk, data: certificate, timestamp: undefined }];
    const trust = { store: { authenticated: true, variables }, shim: undefined, build: undefined };
    const judged = report(signed, { ...UKI_DEFAULTS, trust });
    const reason = expect.stringContaining('its signature is over sha256 0000');
    const refusal = { boots: false, by: null, entry: null, event: null, events: [] };
    const expected = { ...refusal, code: 'digest-mismatch', reason };
    expect(judged.authorisation).toEqual({
      ...expected,
      secureBoot: 'on',
      loader: null,
      firmware: expected,
      shim: null,
    });
    expect(renderUki(judged)).toContain('\nFirmware: would not boot: its signature is over');
  });

  it('is a FormatError or a report however the image is damaged', () => {
    fc.assert(
      fc.property(mutations(signed), (mutated) => {
        resultOrFormatError(() => renderUki(report(mutated)));
      }),
      { numRuns: 1000 },
    );
  });
});

type Values = Readonly<Record<string, Readonly<Record<string, string>>>>;
type Index = {
  readonly files: readonly {
    readonly file: string;
    readonly sections: readonly { name: string; virtual_size: number; sha256: string }[];
    readonly profiles: readonly {
      readonly pcr11: Values;
      readonly after_stub_only: Values[string];
    }[];
  }[];
};

describe.skipIf(FIXTURES_MISSING)(FIXTURES_MISSING ?? "ukify's UKIs", () => {
  const { index, source } = openFixtures<Index>('uki', { files: [] });

  it.each(index.files)('$file', ({ file, sections: payload, profiles: expected }) => {
    const paths = Object.keys(expected[0]?.pcr11['sha256'] ?? {});
    const image = ukiReport(source(file), { banks: ALL_BANKS, phases: ['', ...paths] });
    const values = image.profiles?.map((profile) => profile.pcr11) ?? [image.pcr11];
    expect(values).toEqual(expected.map(byPath));
    expect(image.pcr11).toEqual(values[0]);
    const names = new Set(payload.map(({ name }) => name));
    expect(image.sections.filter(({ name }) => names.has(name))).toMatchObject(
      payload.map(({ name, virtual_size, sha256 }) => ({ name, size: virtual_size, sha256 })),
    );
  });

  /** The index has a value by bank and path, the report by path and bank. */
  function byPath({ pcr11: values, after_stub_only }: Index['files'][number]['profiles'][number]) {
    const paths = Object.keys(values['sha256'] ?? {});
    const of = (path: string) => ALL_BANKS.map((bank) => [bank, values[bank]?.[path]]);
    return Object.fromEntries([
      ['', after_stub_only],
      ...paths.map((path) => [path, Object.fromEntries(of(path))]),
    ]);
  }
});
