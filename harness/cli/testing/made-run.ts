import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodeUtf16 } from '../../bytes/utf16.ts';
import { writeDossierIndex } from '../../guest/dossier-folder.ts';
import { agileRecord, specIdRecord, u32 } from '../../measure/testing/log-bytes.ts';
import type { Result } from '../../report/result.ts';

const SHA256 = 0x000b;

/**
 * Makes a dossier of a boot whose kernel measured its command line and nothing else was measured.
 *
 * @param directory named like the machine
 * @returns the directory
 */
export async function makeDossier(
  directory: string,
  commandLine: string,
  memoryMiB = 2048,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const measured = encodeUtf16(`${commandLine}\0`);
  const digest = createHash('sha256').update(measured).digest();
  const label = Buffer.from('LOADED_IMAGE::LoadOptions\0');
  const field = Buffer.concat([u32(0x8f3b22ed), u32(label.length), label]);
  const record = agileRecord(9, 'EV_EVENT_TAG', [[SHA256, digest.toString('hex')]], field);
  const pcr = createHash('sha256').update(Buffer.alloc(32)).update(digest).digest('hex');
  const files = {
    binary_bios_measurements: Buffer.concat([specIdRecord([[SHA256, 32]]), record]),
    'tpm2-measure.log': '',
    'pcrread.txt': `  sha256:\n    9 : 0x${pcr.toUpperCase()}\n`,
    cmdline: `${commandLine}\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), content);
  }
  await writeDossierIndex(directory, {
    machine: { name: basename(directory), memoryMiB },
    accelerator: 'tcg',
    startedAt: '2026-11-21T07:32:17.007Z',
    stages: [],
    answeredAtMs: 1,
    inputs: [],
    tools: {},
  });
  return directory;
}

/**
 * Makes a run with dossiers.
 *
 * @param directory the run's
 * @param result what it came to, but for its boots
 * @param commandLines of each boot, by machine
 * @returns the directory
 */
export async function makeRun(
  directory: string,
  result: Result,
  commandLines: Readonly<Record<string, string>>,
): Promise<string> {
  const machines = Object.keys(commandLines);
  for (const machine of machines) {
    await makeDossier(join(directory, 'dossiers', machine), commandLines[machine] ?? '');
  }
  const boots = machines.map((name) => ({
    name,
    dossier: `dossiers/${name}`,
    stages: [],
    seconds: 1,
    state: 'pass',
  }));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'result.json'), JSON.stringify({ ...result, boots }));
  return directory;
}
