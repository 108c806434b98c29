import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { expect, it } from 'vitest';
import { IMAGE_INDEX, markUsed, removeUnused } from './image-use.ts';

const LONG_AGO = new Date('2020-01-01');

it('removes older builds but for those in use', async () => {
  const { path, cleanup } = await dir({ unsafeCleanup: true });
  const build = (name: string) => join(path, name);
  for (const name of ['now', 'old', 'used', 'building.new', 'left.new']) mkdirSync(build(name));
  for (const name of ['now', 'old', 'used']) {
    writeFileSync(join(build(name), IMAGE_INDEX), '{}');
    utimesSync(join(build(name), IMAGE_INDEX), LONG_AGO, LONG_AGO);
  }
  utimesSync(build('left.new'), LONG_AGO, LONG_AGO);
  await markUsed(build('used'));
  await removeUnused(build('now'));
  const left = ['now', 'old', 'used', 'building.new', 'left.new'].filter((name) =>
    existsSync(build(name)),
  );
  expect(left).toEqual(['now', 'used', 'building.new']);
  await cleanup();
});
