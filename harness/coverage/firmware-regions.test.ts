import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { VARIABLE_GUIDS } from '../formats/efi-variable.ts';
import { readVariableStore } from '../formats/efi-variable-store.ts';
import {
  interruptWrite,
  LAYOUT,
  makeVariableStore,
} from '../formats/testing/make-variable-store.ts';
import { madeFirmware, makeFirmwareImage } from '../predict/testing/made-boot.ts';
import { firmwareRegions } from './firmware-regions.ts';
import { expectTiling } from './testing/expect-tiling.ts';
import { makeVerityDisk } from './testing/made-disk.ts';
import { tryFirmwareSample } from './try-sample.ts';
import { variableRegions } from './variable-regions.ts';

const STORE = makeVariableStore([
  { name: 'PK', guid: VARIABLE_GUIDS.global, data: Buffer.from('key') },
  { name: 'SecureBootEnable', guid: VARIABLE_GUIDS.secureBootEnable, data: Uint8Array.of(0) },
  { name: 'gone', state: 0x3c },
  { name: 'BootOrder', guid: VARIABLE_GUIDS.global, data: Uint8Array.of(0, 0) },
  { name: 'Timeout', guid: VARIABLE_GUIDS.global, data: Uint8Array.of(0, 0) },
]);
const source = (bytes: Uint8Array) => bytesSource('firmware.fd', bytes);

describe('the map of a firmware', () => {
  it('tells what measures itself from what nothing measures', () => {
    const image = makeFirmwareImage();
    const regions = firmwareRegions(source(image));
    expectTiling(regions, { start: 0, end: image.length });
    expect(regions[0]).toMatchObject({ what: 'firmware volume header', detectedBy: ['PCR 0'] });
  });

  it('covers or refuses every image', () => {
    const image = makeFirmwareImage();
    const changes = fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(changes, fc.nat(4), (bytes, cut) => {
        const changed = image.slice(0, image.length - cut * 700);
        for (const [at, value] of bytes) changed[at] = value;
        try {
          const end = changed.length;
          expectTiling(firmwareRegions(source(changed)), { start: 0, end });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe('the map of a variable store', { timeout: 60_000 }, () => {
  const regions = variableRegions(source(STORE), true);
  const of = (name: string) => regions.filter(({ file }) => file === name);

  // TCG PC Client PFP 1.06, 3.3.4.8: name, vendor and data of the policy's variables are measured.
  it('tells measured variables from others', () => {
    expectTiling(regions, { start: 0, end: LAYOUT.size });
    expect(of('PK').map(({ detectedBy }) => detectedBy)).toEqual([['PCR 7'], [], ['PCR 7']]);
    expect(of('SecureBootEnable')[0]?.detectedBy).toEqual(['PCR 7']);
    expect(of('BootOrder')[0]?.detectedBy).toEqual(['PCR 1']);
    expect(of('Timeout')).toMatchObject([
      { what: 'variable: header and name', detectedBy: [] },
      { what: 'variable: data', detectedBy: [], mayBeUsed: true },
    ]);
    expect(of('gone')).toEqual([]);
  });

  // edk2, VariableRuntimeDxe, VariableWriteServiceInitialize(): free is all from the first place without a record.
  it('knows padding from records, and where the space is free that the firmware keeps erased', () => {
    const one = makeVariableStore([{ name: 'odd', data: Uint8Array.of(1, 2, 3) }]);
    const found = variableRegions(source(one), true).filter(({ start }) => start >= LAYOUT.records);
    const dataEnd = LAYOUT.records + 60 + 8 + 3;
    const place = found.findIndex(({ what }) => what.startsWith('padding'));
    expect(found.slice(place, place + 3)).toMatchObject([
      { what: 'padding behind a variable', start: dataEnd, end: dataEnd + 1, detectedBy: [] },
      { what: 'free space of the variable store', start: dataEnd + 1, rewritten: true },
      { what: 'event log of the variable store', end: LAYOUT.working, detectedBy: [] },
    ]);
  });

  // edk2, FaultTolerantWriteDxe, InitFtwProtocol(): a header that is not the expected one is made anew.
  it('knows what the firmware keeps in order to write without loss', () => {
    const header = { what: 'working block: header', start: LAYOUT.working, rewritten: true };
    const queue = LAYOUT.working + 32;
    const spare = { what: 'spare area of the variable store', start: LAYOUT.spare };
    expect(regions.slice(-4)).toMatchObject([
      header,
      { what: 'working block: writes', start: queue, end: queue + 1, steers: true },
      { what: 'working block: free space', start: queue + 1, rewritten: true },
      { ...spare, end: LAYOUT.size, detectedBy: [] },
    ]);
    const written = variableRegions(source(interruptWrite(STORE, STORE, 0xf9)), true);
    expect(written.slice(-3, -1)).toMatchObject([
      { what: 'working block: writes', end: queue + 81 },
      { what: 'working block: free space', start: queue + 81 },
    ]);
    const damaged = Uint8Array.from(STORE);
    damaged[LAYOUT.working] = 0;
    expect(variableRegions(source(damaged), true).at(-1)).toMatchObject({
      what: 'log and spare area of the variable store',
      end: LAYOUT.size,
    });
  });

  it('agrees with the forecast of boots with changed stores', () => {
    const disk = bytesSource('disk.raw', makeVerityDisk().bytes);
    const read = (file: ReturnType<typeof source>) => ({
      ...madeFirmware(),
      store: readVariableStore(file),
    });
    const size = { count: 8, seed: 3 };
    const found = [...tryFirmwareSample(source(STORE), regions, disk, read, size)];
    expect(found.filter((one) => one !== undefined)).toEqual([]);
  });
});
