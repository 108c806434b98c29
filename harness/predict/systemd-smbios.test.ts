import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readPe } from '../formats/pe.ts';
import { madeOvmf } from '../formats/testing/make-ovmf.ts';
import { makePe } from '../formats/testing/make-pe.ts';
import { systemdSmbiosEvents } from './systemd-smbios.ts';
import { makeQemuSmbios } from './testing/made-smbios.ts';

const forecast = { banks: ['sha256'] } as const;
const firmware = { build: madeOvmf() };

/** Types as systemd 262 measures them. */
const ALL = ['LoaderPcrSMBIOS', 'smbios:type1', 'smbios:type2', 'smbios:type11'];

function program(names: readonly string[], magic = 'systemd-stub 262') {
  const sections = [
    { name: '.sdmagic', data: `#### LoaderInfo: ${magic} ####` },
    { name: '.rodata', data: Buffer.from(names.map((name) => `\0${name}\0`).join(''), 'utf16le') },
  ];
  const source = bytesSource('program.efi', makePe({ sections }));
  return { source, pe: readPe(source) };
}

/** The wake-up type stands at offset 0x18 (DMTF DSP0134 3.8, 7.2). */
const SYSTEM = { type: 1, handle: 0x100, fields: new Uint8Array(23).fill(6) };
const OTHERS = [
  { type: 3, handle: 0x300, fields: new Uint8Array(18), strings: [] },
  { type: 11, handle: 0xe00, fields: Uint8Array.of(1), strings: [Buffer.from('a=b')] },
  { type: 2, handle: 0x200, fields: Uint8Array.of(1, 0, 0, 0), strings: [Buffer.from('board')] },
  { type: 11, handle: 0xe01, fields: Uint8Array.of(1), strings: [Buffer.from('c')] },
];

function platformOf(system = SYSTEM) {
  const { anchor, tables } = makeQemuSmbios(
    [{ ...system, strings: [Buffer.from('QEMU')] }, ...OTHERS],
    [2, 8],
  );
  return {
    fwCfg: new Map([
      ['etc/smbios/smbios-anchor', anchor],
      ['etc/smbios/smbios-tables', tables],
    ]),
  };
}

const sha256 = (hex: string, text: string) =>
  createHash('sha256').update(Buffer.from(hex, 'hex')).update(text, 'latin1').digest('hex');

const SYSTEM_DIGEST = sha256(`011b0001${'06'.repeat(20)}000606`, 'QEMU\0\0');
const BOARD_DIGEST = sha256('0208000201000000', 'board\0\0');
const OEM_DIGESTS = [sha256('0b05000e01', 'a=b\0\0'), sha256('0b05010e01', 'c\0\0')];

function measured(
  programs: readonly ReturnType<typeof program>[],
  platform: Parameters<typeof systemdSmbiosEvents>[3] = platformOf(),
) {
  return systemdSmbiosEvents(forecast, programs, firmware, platform);
}

const digests = ({ events }: ReturnType<typeof measured>) =>
  events.map((event) => event.digests.sha256);

describe('the objects of SMBIOS that systemd measures', () => {
  it('are those whose events it has names for, in the order of the table', () => {
    expect(digests(measured([program(ALL)]))).toEqual([
      SYSTEM_DIGEST,
      OEM_DIGESTS[0],
      BOARD_DIGEST,
      OEM_DIGESTS[1],
    ]);
    const fewer = program(['LoaderPcrSMBIOS', 'smbios:type1', 'smbios:type11']);
    expect(digests(measured([fewer]))).toEqual([SYSTEM_DIGEST, ...OEM_DIGESTS]);
  });

  it('do not tell what has woken the machine, where they have room for that', () => {
    const woken = { ...SYSTEM, fields: SYSTEM.fields.with(20, 3) };
    expect(digests(measured([program(ALL)], platformOf(woken)))[0]).toBe(SYSTEM_DIGEST);
    const short = { ...SYSTEM, fields: new Uint8Array(20).fill(6) };
    expect(digests(measured([program(ALL)], platformOf(short)))[0]).toBe(
      sha256(`01180001${'06'.repeat(20)}`, 'QEMU\0\0'),
    );
  });

  it('are measured once, by the first that can', () => {
    const loader = program(ALL, 'systemd-boot 262');
    const { events } = measured([program(['LoaderInfo']), loader, program(ALL)]);
    expect(events).toHaveLength(4);
    expect(events[0]).toMatchObject({ pcr: 1, type: 'EV_EVENT_TAG', agent: 'systemd-boot' });
    expect(measured([program([], 'systemd-boot 257'), program(ALL)]).events[0]?.agent).toBe(
      'systemd-stub',
    );
  });

  it('are not there where nobody measures, or QEMU has no table', () => {
    const nothing = { events: [], unpredictable: [] };
    expect(measured([program(['StubInfo'])], {})).toEqual(nothing);
    expect(measured([program(ALL)], { fwCfg: new Map() })).toEqual(nothing);
  });

  it('are not known without QEMU’s table', () => {
    const { events, unpredictable } = measured([program(ALL)], {});
    expect(events).toEqual([]);
    expect(unpredictable).toEqual([{ pcr: 1, reason: expect.stringContaining('SMBIOS table') }]);
  });
});
