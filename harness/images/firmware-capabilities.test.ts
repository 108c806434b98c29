import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSource } from '../host/file-source.ts';
import { firmwareCapabilities } from './firmware-capabilities.ts';

const root = join(import.meta.dirname, '..', '..');
const firmware = join(root, '.cache', 'firmware');
const manifest = JSON.parse(readFileSync(join(root, 'ovmf', 'manifest.json'), 'utf8')) as {
  builds: { code: { file: string }; capabilities: unknown }[];
};

describe.skipIf(!existsSync(firmware))(
  'the firmware manifest (skipped where scripts/setup has fetched no firmware)',
  () => {
    it.each(manifest.builds)('describes $code.file as the file does itself', async (build) => {
      using image = await openSource(join(firmware, build.code.file));
      expect(firmwareCapabilities(image)).toEqual(build.capabilities);
    });
  },
);

describe('the reference builds', () => {
  const of = (file: RegExp) =>
    manifest.builds.find(({ code }) => file.test(code.file))?.capabilities;

  // The hash table of AmdSev builds since edk2-stable202405 (OvmfPkg/AmdSev/AmdSevX64.fdf).
  it('of AmdSev have a place for kernel hashes', () => {
    expect(of(/amdsev/)).toMatchObject({ hashTable: { base: 0x810c00, size: 0x400 } });
  });

  it('of Secure Boot keep variables in SMM, the plain ones do not', () => {
    expect(of(/secboot/)).toMatchObject({ secureBoot: true, smm: true });
    expect(of(/OVMF_CODE_4M\.fd/)).toMatchObject({ secureBoot: false, smm: false });
  });
});
