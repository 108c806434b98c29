import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IMAGE_INDEX } from './image-use.ts';
import { diskImage, type ReferenceImage } from './reference-image.ts';
import { isWhole } from './whole-image.ts';

const DIGEST = { sha256: 'ab'.repeat(32) };

let remove: () => Promise<void>;
let image: ReferenceImage;

beforeEach(async () => {
  const { path, cleanup } = await dir({ unsafeCleanup: true });
  remove = cleanup;
  image = diskImage({ name: '.', key: '.', directory: path, common: path, bases: [] }, path);
  for (const file of ['disk.raw', 'uki.efi']) writeFileSync(join(path, file), '');
  writeFileSync(join(path, IMAGE_INDEX), JSON.stringify({ disk: DIGEST, uki: DIGEST }));
});

afterEach(() => remove());

const index = (text: string) => writeFileSync(join(image.directory, IMAGE_INDEX), text);

it('a built image is whole with its files and their digests', async () => {
  expect(await isWhole(image)).toBe(true);
});

it.each(['', '{', 'null', '{"disk":{"sha256":"ab"}}', JSON.stringify({ disk: DIGEST })])(
  'it is not with an index of %j',
  async (text) => {
    index(text);
    expect(await isWhole(image)).toBe(false);
  },
);

it.each(['disk.raw', 'uki.efi', IMAGE_INDEX])('it is not without %s', async (file) => {
  rmSync(join(image.directory, file));
  expect(await isWhole(image)).toBe(false);
});
