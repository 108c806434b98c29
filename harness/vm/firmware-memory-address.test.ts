import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { makeSection, makeSections, makeVolume } from '../formats/testing/make-firmware.ts';
import { peiVolumeAddress } from './firmware-memory-address.ts';

const PEI_CORE = 0x04;

/** Headers of the volume, of the file and of the section come before its image. */
const IMAGE_OFFSET = 72 + 24 + 4;

function volume(content: Uint8Array, type = PEI_CORE) {
  return bytesSource('volume', makeVolume({ files: [{ type, content }] }));
}

/** As much of a PE image as tells its base (PE/COFF 3.4). */
function makePe(base: number, isPlus: boolean): Uint8Array {
  const image = Buffer.alloc(0x100);
  image.writeUInt32LE(0x80, 0x3c);
  image.writeUInt16LE(isPlus ? 0x20b : 0x10b, 0x80 + 24);
  if (isPlus) image.writeBigUInt64LE(BigInt(base), 0x80 + 24 + 24);
  else image.writeUInt32LE(base, 0x80 + 24 + 28);
  return image;
}

/** As much of a TE image as tells its base (UEFI PI 1.9, Vol. 1, 15.1). */
function makeTe(base: number, stripped: number): Uint8Array {
  const image = Buffer.alloc(0x100);
  image.write('VZ', 'latin1');
  image.writeUInt16LE(stripped, 6);
  image.writeBigUInt64LE(BigInt(base), 16);
  return image;
}

describe('the address of the volume with the PEI modules', () => {
  it.each([true, false])('is where its PE core was built for (PE32+: %s)', (isPlus) => {
    const pe = makeSection(0x10, makePe(0x820000 + IMAGE_OFFSET, isPlus));
    expect(peiVolumeAddress(volume(pe))).toBe(0x820000);
  });

  it('is where its TE core was built for, whose headers were cut off', () => {
    const te = makeSection(0x12, makeTe(0x820000 + IMAGE_OFFSET + 40 - 0x200, 0x200));
    expect(peiVolumeAddress(volume(te))).toBe(0x820000);
  });

  it('is found behind other sections', () => {
    const shown = makeSection(0x15, Buffer.from('P\0e\0i\0\0\0', 'latin1'));
    const pe = makeSection(0x10, makePe(0x820000 + IMAGE_OFFSET + 12, true));
    expect(peiVolumeAddress(volume(makeSections(shown, pe)))).toBe(0x820000);
  });

  it.each([
    ['no address', makeSection(0x10, makePe(0, true))],
    ['an address within a page', makeSection(0x10, makePe(0x820000, true))],
    ['an impossible address', makeSection(0x10, Buffer.alloc(0x100, 0xff))],
    ['an image that is cut', makeSection(0x10, makePe(0x820000, true).subarray(0, 0x90))],
    ['no image', makeSection(0x15, new Uint8Array(4))],
  ])('is an error with %s', (_, content) => {
    expect(() => peiVolumeAddress(volume(content))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });

  it('is an error without a PEI core', () => {
    const pe = makeSection(0x10, makePe(0x820000 + IMAGE_OFFSET, true));
    expect(() => peiVolumeAddress(volume(pe, 0x06))).toThrow('a PEI core with an executable image');
  });
});
