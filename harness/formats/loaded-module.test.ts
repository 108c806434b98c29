import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readFirmwareModules } from './firmware-modules.ts';
import { findLoadedModule } from './loaded-module.ts';
import { makeSection, makeVolume } from './testing/make-firmware.ts';
import { makePe } from './testing/make-pe.ts';

const code = (seed: number) => Uint8Array.from({ length: 900 }, (_, index) => (index * seed) % 251);
const pe = (seed: number) => makePe({ sections: [{ name: '.text', data: code(seed) }] });
const name = (text: string) => makeSection(0x15, Buffer.from(`${text}\0`, 'utf16le'));

const GUID = '806040ca-dad9-4978-a3b4-2d2ab0c8a48f';
const OTHER = '6d33944a-ec75-4855-a54d-809c75241f6c';
const VOLUME = makeVolume({
  files: [
    { name: OTHER, content: makeSection(0x10, pe(7)) },
    { name: GUID, content: Buffer.concat([makeSection(0x10, pe(3)), name('Loader')]) },
  ],
});
const MODULES = readFirmwareModules(bytesSource('firmware', VOLUME));

/** Guest memory from 0x10000 with an image loaded at 0x12000: sections at their virtual addresses. */
function memory(image: Uint8Array) {
  const bytes = Buffer.alloc(0x8000);
  const view = Buffer.from(image);
  view.copy(bytes, 0x2000, 0, 0x200);
  view.copy(bytes, 0x3000, 0x200, 0x200 + 900);
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
  it('is the one whose image is loaded around it', () => {
    expect(findLoadedModule(memory(pe(3)), 0x13010, MODULES)).toMatchObject({
      module: { name: 'Loader' },
      offset: 0x1010,
    });
  });

  it('is the same where loading has changed some addresses in it', () => {
    const loaded = memory(pe(3));
    loaded.bytes.fill(0xee, 0x3000, 0x3020);
    expect(findLoadedModule(loaded, 0x13010, MODULES)?.module.guid).toBe(GUID);
  });

  it.each([
    ['in front of the image', memory(pe(3)), 0x11ff0],
    ['behind it', memory(pe(3)), 0x17000],
    ["in an image that is none of the firmware's", memory(pe(5)), 0x13010],
    ['where nothing is loaded', { address: 0x10000, bytes: new Uint8Array(0x8000) }, 0x13010],
    ['outside the memory', memory(pe(3)), 0x8000],
  ])('is unknown %s', (_, loaded, instruction) => {
    expect(findLoadedModule(loaded, instruction, MODULES)).toBeUndefined();
  });

  it('is not searched in a header that is damaged', () => {
    const loaded = memory(pe(3));
    loaded.bytes.writeUInt32LE(0xffffffff, 0x203c);
    expect(findLoadedModule(loaded, 0x13010, MODULES)).toBeUndefined();
  });
});
