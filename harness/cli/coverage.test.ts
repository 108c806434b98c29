import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { diskCoverage } from '../coverage/coverage.ts';
import { makeVariableStore } from '../formats/testing/make-variable-store.ts';
import { makeBootDisk, makeFirmwareImage, makeUki } from '../predict/testing/made-boot.ts';
import { renderCoverage } from './coverage-text.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const disk = makeBootDisk({ 'EFI/BOOT/BOOTX64.EFI': makeUki(258), 'a\x1b[31m': 'escape' });

describe('cvm coverage', { timeout: 60_000 }, () => {
  it('prints one JSON document with the map of the disk and its firmware', async () => {
    const folder = await dir({ prefix: 'cvm-test-', unsafeCleanup: true });
    const at = (name: string) => join(folder.path, name);
    await writeFile(at('disk.raw'), disk);
    await writeFile(at('code.fd'), makeFirmwareImage());
    await writeFile(at('vars.fd'), makeVariableStore([]));
    const cvm = (...words: readonly string[]) =>
      execa(process.execPath, [MAIN, 'coverage', ...words], { reject: false, cwd: folder.path });
    const files = ['disk.raw', '--firmware', 'code.fd', '--vars', 'vars.fd'];
    const { stdout, exitCode } = await cvm(...files, '--json', '--samples', '1', '--seed', '7');
    const { regions, unprotectedBytes, firmware, sample } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(regions).toContainEqual(
      expect.objectContaining({
        start: 512,
        end: 604,
        what: 'GPT header',
        detectedBy: ['PCR 5'],
        when: 'at boot',
      }),
    );
    expect(unprotectedBytes).toBeGreaterThan(0);
    expect(firmware.code.regions[0]).toMatchObject({ start: 0, detectedBy: ['PCR 0'] });
    expect(sample).toMatchObject({ count: 1, seed: 7, disagreements: [] });
    const wrong = await cvm('disk.raw', '--samples', '1');
    expect(wrong).toMatchObject({
      exitCode: 2,
      stderr: 'cvm: --vars and --samples need --firmware',
    });
    await folder.cleanup();
  });

  it('names last and for people what nothing protects', () => {
    const text = renderCoverage(diskCoverage(bytesSource('disk.raw', disk), undefined));
    const [map = '', unprotected = ''] = text.split('UNPROTECTED');
    expect(map).toContain('PCR 4, PCR 11  /EFI/BOOT/BOOTX64.EFI: .osrel');
    expect(unprotected).toContain('free clusters');
    expect(unprotected).toContain('a\\u{1b}[31m: content');
    expect(unprotected).not.toContain('.osrel');
  });
});
