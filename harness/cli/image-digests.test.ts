import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePe } from '../formats/testing/make-pe.ts';
import { openSource } from '../host/file-source.ts';
import { ALL_BANKS } from '../measure/bank.ts';
import { digestLargeImage } from './image-digests.ts';
import { banksOfReport, UKI_DEFAULTS, ukiReport } from './uki.ts';

const initrd = Buffer.from(Uint8Array.from({ length: 40 << 20 }, (_, index) => index * 31));
const sections = [
  { name: '.sdmagic', data: '#### LoaderInfo: systemd-stub 257.13-1~deb13u1 ####' },
  { name: '.linux', data: 'kernel' },
  { name: '.initrd', data: initrd },
];

let folder: string;
let path: string;

beforeAll(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  path = join(folder, 'uki.efi');
  await writeFile(path, makePe({ sections }));
});

afterAll(() => rm(folder, { recursive: true }));

describe('digests of a large image', () => {
  it('are those that one thread computes, and those of its sections', async () => {
    using source = await openSource(path);
    const digests = await digestLargeImage(source, banksOfReport(ALL_BANKS));
    const options = { ...UKI_DEFAULTS, banks: ALL_BANKS };
    const report = ukiReport(source, options, digests);
    expect(report).toEqual(ukiReport(source, options));
    const sha256 = createHash('sha256').update(initrd).digest('hex');
    expect(report.sections.find(({ name }) => name === '.initrd')?.sha256).toBe(sha256);
  });
});
