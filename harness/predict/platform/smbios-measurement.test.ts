import { describe, expect, it } from 'vitest';
import { Cursor } from '../../bytes/cursor.ts';
import { chunksOf } from '../../bytes/source.ts';
import { readSmbiosStructures } from '../../formats/smbios-structures.ts';
import { FIXTURES_MISSING, openFixtures } from '../../formats/testing/fixtures.ts';
import { madeOvmf } from '../../formats/testing/make-ovmf.ts';
import { makeQemuSmbios } from '../testing/made-smbios.ts';
import { measuredPart, RECORDED_BANKS, recordedBoot } from '../testing/recorded-boot.ts';
import { smbiosHandoffEvents } from './smbios-measurement.ts';

const BANKS = { banks: ['sha256'] } as const;

/** fw_cfg with the SMBIOS table of a machine. */
function qemu({ anchor, tables }: ReturnType<typeof makeQemuSmbios>) {
  const files = [
    ['etc/smbios/smbios-anchor', anchor],
    ['etc/smbios/smbios-tables', tables],
  ] as const;
  return { fwCfg: new Map(files) };
}

const ONE = {
  type: 3,
  handle: 0x300,
  fields: new Uint8Array(18).fill(1),
  strings: [Buffer.of(65)],
};

describe('the measurement of the SMBIOS table', () => {
  const platform = qemu(makeQemuSmbios([ONE], [2, 8]));

  it('is computed', () => {
    const { events, unpredictable } = smbiosHandoffEvents(BANKS, { build: madeOvmf() }, platform);
    expect(unpredictable).toEqual([]);
    expect(events).toMatchObject([{ pcr: 1, type: 'EV_EFI_HANDOFF_TABLES', basis: 'computed' }]);
  });

  it.each([{ release: '202502' as const }, { isAmdSev: true }])('is not made by %j', (made) => {
    const build = madeOvmf(made);
    const nothing = { events: [], unpredictable: [] };
    expect(smbiosHandoffEvents(BANKS, { build }, platform)).toEqual(nothing);
    expect(smbiosHandoffEvents(BANKS, { build }, {})).toEqual(nothing);
  });

  it('is not made where QEMU has no table', () => {
    const { events, unpredictable } = smbiosHandoffEvents(
      BANKS,
      { build: madeOvmf() },
      { fwCfg: new Map() },
    );
    expect([...events, ...unpredictable]).toEqual([]);
  });

  it.each([
    ['without QEMU’s table', {}, madeOvmf()],
    ['where what stands in type 0 is not known', platform, madeOvmf({ smbiosTexts: [] })],
    [
      'where a serial number is no string',
      qemu(makeQemuSmbios([{ ...ONE, strings: [] }], [2, 8])),
      madeOvmf(),
    ],
  ])('is not known %s', (_, qemuTables, build) => {
    const { events, unpredictable } = smbiosHandoffEvents(BANKS, { build }, qemuTables);
    expect(events).toEqual([]);
    expect(unpredictable.map(({ pcr }) => pcr)).toEqual([1]);
  });
});

describe.skipIf(FIXTURES_MISSING)(
  `the boots of the fixtures${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it.each(['i-sboff-nocreds', 'ii-sbon', 'iv-shim'])('%s measured its table', (name) => {
      const recorded = recordedBoot(name).events.filter(
        ({ type }) => type === 'EV_EFI_HANDOFF_TABLES',
      );
      const source = openFixtures('boots', {}).source(`${name}/dmi.bin`);
      const table = Buffer.concat([...chunksOf(source, 0, source.size, 'SMBIOS table')]);
      const structures = readSmbiosStructures(new Cursor('dmi.bin', table));
      // QEMU’s part of it: OVMF has added type 0.
      const own = makeQemuSmbios(
        structures.filter(({ type }) => type !== 0),
        [2, 8],
      );
      const forecast = { banks: RECORDED_BANKS };
      const { events } = smbiosHandoffEvents(forecast, { build: madeOvmf() }, qemu(own));
      expect(recorded).toHaveLength(1);
      expect(events.map(measuredPart)).toEqual(recorded.map(measuredPart));
    });
  },
);
