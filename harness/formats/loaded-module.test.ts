import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readFirmwareModules } from './firmware-modules.ts';
import { entryPointOf, findLoadedModule } from './loaded-module.ts';
import { readPe } from './pe.ts';
import { makeSection, makeVolume } from './testing/make-firmware.ts';
import { makePe } from './testing/make-pe.ts';

/** Code with a library at its end that all programs share. */
const LIBRARY = Uint8Array.from({ length: 100 }, (_, index) => index);
const code = (seed: number) =>
  Buffer.concat([Uint8Array.from({ length: 800 }, (_, index) => (index * seed) % 251), LIBRARY]);
const pe = (seed: number) => makePe({ sections: [{ name: '.text', data: code(seed) }] });
const name = (text: string) => makeSection(0x15, Buffer.from(`${text}\0`, 'utf16le'));

const GUID = '806040ca-dad9-4978-a3b4-2d2ab0c8a48f';
const OTHER = '6d33944a-ec75-4855-a54d-809c75241f6c';
const DATA = 'b5ae312c-bc8a-43b1-9c62-ebb826dd5d07';
const VOLUME = makeVolume({
  files: [
    { name: DATA, type: 2, content: makeSection(0x19, pe(3)) },
    { name: OTHER, content: makeSection(0x10, pe(7)) },
    { name: GUID, content: Buffer.concat([makeSection(0x10, pe(3)), name('Loader')]) },
  ],
});
const MODULES = readFirmwareModules(bytesSource('firmware', VOLUME));

/** Guest memory from 0x10000 with a program's code at 0x13000. */
function memory(seed: number) {
  const bytes = Buffer.alloc(0x8000, 0xcc);
  bytes.set(code(seed), 0x3000);
  return { address: 0x10000, bytes };
}

describe('the programs of a firmware', () => {
  it('are known by the name that they show, or their GUID', () => {
    expect(MODULES.map(({ guid, name: shown }) => [guid, shown])).toEqual([
      [OTHER, OTHER],
      [GUID, 'Loader'],
    ]);
  });
});

describe('the program that an instruction belongs to', () => {
  it('is the one with the same code around it', () => {
    expect(findLoadedModule(memory(3), 0x13010, MODULES)).toMatchObject({
      module: { name: 'Loader' },
      sameBytes: 900,
    });
  });

  it('is the same in a library that others have too', () => {
    expect(findLoadedModule(memory(3), 0x13000 + 850, MODULES)?.module.guid).toBe(GUID);
    expect(findLoadedModule(memory(7), 0x13000 + 850, MODULES)?.module.guid).toBe(OTHER);
  });

  it.each([
    ["in code that is none of the firmware's", memory(5), 0x13010],
    ['in a library of a program that is not known', memory(5), 0x13000 + 850],
    ['where nothing is loaded', memory(3), 0x11000],
    ['before the memory', memory(3), 0x8000],
    ['at its end', memory(3), 0x17ff8],
  ])('is unknown %s', (_, loaded, instruction) => {
    expect(findLoadedModule(loaded, instruction, MODULES)).toBeUndefined();
  });

  it('is unknown where two programs have the same code', () => {
    const twice = [...MODULES, ...MODULES];
    expect(findLoadedModule(memory(3), 0x13010, twice)).toBeUndefined();
  });
});

describe('where a loaded program begins to run', () => {
  const module = { guid: GUID, name: 'Loader', image: pe(3) };
  const { entryPoint, sections } = readPe(bytesSource('loader', module.image));
  const [{ rawOffset, virtualAddress } = { rawOffset: 0, virtualAddress: 0 }] = sections;

  it('is found from any of its instructions, wherever sections are in the file', () => {
    expect(rawOffset).not.toBe(virtualAddress);
    const at = (offset: number) => ({ module, offset, sameBytes: 900 });
    const loaded = 0x13000 - virtualAddress;
    expect(entryPointOf(at(rawOffset), 0x13000)).toBe(loaded + entryPoint);
    expect(entryPointOf(at(rawOffset + 0x10), 0x13010)).toBe(loaded + entryPoint);
  });

  it('is found from its headers, which are in memory as in the file', () => {
    const place = { module, offset: 0x40, sameBytes: 900 };
    expect(entryPointOf(place, 0x20040)).toBe(0x20000 + entryPoint);
  });

  it('is an error where it is no PE image', () => {
    const place = { module: { ...module, image: code(3) }, offset: 0, sameBytes: 900 };
    expect(() => entryPointOf(place, 0x20000)).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });
});
