import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { packedSections } from '../formats/firmware-volume.ts';
import {
  makeLzmaSection,
  makeSection,
  makeSections,
  makeVolume,
} from '../formats/testing/make-firmware.ts';
import { packedKey, unpackedBefore } from '../formats/unpacked-lzma.ts';
import { KeptBytes } from '../host/kept-bytes.ts';
import { unpackFirmware } from './unpacked-firmware.ts';

const RAW_SECTION = 0x19;
const VOLUME_IMAGE_FILE = 0x0b;

let directory: string;
let cache: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cvm-unpacked-'));
  cache = join(directory, 'unpacked-firmware');
});

afterEach(() => rmSync(directory, { recursive: true }));

/** A firmware with something packed in it, as a file; no two tests may have the same. */
function firmware(text: string) {
  const content = makeLzmaSection(makeSections(makeSection(RAW_SECTION, Buffer.from(text))));
  const image = makeVolume({
    files: [{ name: '00000000-0000-0000-0000-000000000001', type: VOLUME_IMAGE_FILE, content }],
  });
  const path = join(directory, 'code.fd');
  writeFileSync(path, image);
  const [key = ''] = packedSections(bytesSource(path, image)).map(packedKey);
  return { path, key };
}

describe('what is packed in a firmware', () => {
  it('is unpacked, and kept', async () => {
    const { path, key } = firmware('unpacked');
    await unpackFirmware(path, directory);
    expect(Buffer.from(unpackedBefore(key) ?? []).toString()).toContain('unpacked');
    expect(readdirSync(cache)).toEqual([key]);
  });

  it('is taken from the cache', async () => {
    const { path, key } = firmware('kept before');
    const kept = Buffer.from('what an earlier process has kept');
    await new KeptBytes(cache).put(key, kept);
    await unpackFirmware(path, directory);
    expect(Buffer.from(unpackedBefore(key) ?? [])).toEqual(kept);
  });

  it('is unpacked again where the cache is damaged', async () => {
    const { path, key } = firmware('damaged');
    await new KeptBytes(cache).put(key, Buffer.from('anything'));
    writeFileSync(join(cache, key), readFileSync(join(cache, key)).fill(0xff, 0, 1));
    await unpackFirmware(path, directory);
    expect(Buffer.from(unpackedBefore(key) ?? []).toString()).toContain('damaged');
  });

  it('is unpacked where the cache cannot be written', async () => {
    const { path, key } = firmware('not kept');
    writeFileSync(cache, 'a file where the folder is to be');
    await unpackFirmware(path, directory);
    expect(Buffer.from(unpackedBefore(key) ?? []).toString()).toContain('not kept');
  });
});
