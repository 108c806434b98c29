import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imagesOf, SUITE_NAMES, suitesFor } from './chapters.ts';
import { REQUIREMENTS } from './requirements/index.ts';

describe('the chapters', () => {
  it('are the folders with a suite, and the chapters of the requirements', () => {
    const folders = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.suite.ts'))
      .map((file) => join(file, '..'));
    expect(SUITE_NAMES).toEqual(folders.toSorted());
    expect([...new Set(REQUIREMENTS.map(({ chapter }) => chapter))].toSorted()).toEqual(
      SUITE_NAMES,
    );
  });

  it.each([
    [[], [], SUITE_NAMES],
    [['measured-boot'], [], ['measured-boot']],
    [[], ['CVM-KH-001', 'CVM-LM-001'], ['kernel-hashes', 'launch-measurement']],
    [['measured-boot'], ['CVM-KH-001'], []],
  ])('of suites %j and requirements %j are %j', (suites, requirements, chosen) => {
    expect(suitesFor(suites, requirements)).toEqual(chosen);
  });

  it('name each image once', () => {
    expect(imagesOf(['launch-measurement'])).toEqual(['initrd-only']);
    expect(imagesOf(['kernel-hashes', 'measured-boot'])).toEqual(['uki-verity', 'initrd-only']);
  });
});
