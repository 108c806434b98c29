import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  makeBootedDossier,
  makeBootedMachine,
} from '../../harness/cli/testing/made-booted-dossier.ts';
import { makeVariableStore } from '../../harness/formats/testing/make-variable-store.ts';
import {
  makeBootDisk,
  makeFirmwareImage,
  makeUki,
} from '../../harness/predict/testing/made-boot.ts';
import { resultWith } from '../../harness/report/testing/sample-result.ts';
import { ABLE, makeOvmf } from '../../harness/sev/testing/make-ovmf.ts';
import { MILAN_VCEK, makeChain, makeReport } from '../../harness/sev/testing/make-report.ts';
import { dossierOf, predictionOf } from '../../suites/setting.ts';

/** The machines whose dossiers the documents name, and the command line of each. */
const BOOTS = { uki: 'quiet', image: 'quiet', 'uki-other-cmdline': 'quiet splash' } as const;

/**
 * Makes a folder with every file that commands of the documents name, so that they can be run in it as they
 * stand: small ones, whose boots measured just what is forecast.
 *
 * @param folder empty
 * @param root folder of the project
 */
export async function makeDocumentedFiles(folder: string, root: string): Promise<void> {
  const at = (...names: readonly string[]) => join(folder, ...names);
  for (const name of ['scripts', 'package.json', '.npmrc'])
    await symlink(join(root, name), at(name));
  const uki = makeUki(257);
  await writeAll(folder, {
    'my.efi': uki,
    'my.raw': makeBootDisk({ 'EFI/BOOT/BOOTX64.EFI': uki }),
    'my-vars.fd': makeVariableStore([]),
    'OVMF_CODE_4M.secboot.fd': makeFirmwareImage(),
    'OVMF.amdsev.fd': makeOvmf(ABLE),
    vmlinuz: 'vmlinuz',
    'initrd.img': 'initrd',
  });
  const machine = await makeBootedMachine(join(folder, 'booted'));
  await writeAll(folder, {
    'machine.json': JSON.stringify(machine),
    'data.img': Buffer.alloc(8 << 12, 'data'),
  });
  await makeReports(folder);
  await makeRuns(folder);
}

async function makeReports(folder: string): Promise<void> {
  const { vek, ask, ark, key } = makeChain(MILAN_VCEK);
  await mkdir(join(folder, 'certificates'));
  await writeAll(folder, {
    'guest.report': makeReport({ version: 5 }, key),
    'certificates/vcek.der': vek,
    'certificates/ask.der': ask,
    'certificates/ark.der': ark,
  });
}

/** `results/latest`, a baseline, and what a machine here and one elsewhere have measured. */
async function makeRuns(folder: string): Promise<void> {
  const run = join(folder, 'results', 'latest');
  const machines = Object.entries(BOOTS);
  for (const [name, cmdline] of machines)
    await makeBoot(run, join(folder, 'booted', name), name, cmdline);
  const boots = machines.map(([name]) => ({
    name,
    dossier: dossierOf(name),
    stages: [],
    seconds: 1,
    state: 'pass' as const,
  }));
  const result = JSON.stringify({ ...resultWith([]), boots });
  await mkdir(join(folder, 'results', 'baselines'));
  await writeAll(folder, {
    'results/latest/result.json': result,
    'results/baselines/mine.json': result,
  });
  await symlink(join(run, dossierOf('uki')), join(folder, 'here'));
  await symlink(join(run, dossierOf('uki-other-cmdline')), join(folder, 'cloud'));
}

async function makeBoot(run: string, files: string, name: string, cmdline: string): Promise<void> {
  const uki = makeUki(257, { sections: [{ name: '.cmdline', data: cmdline }] });
  const machine = { ...(await makeBootedMachine(files, uki)), name };
  await makeBootedDossier(join(run, dossierOf(name)), files, machine);
  await mkdir(join(run, 'predictions'), { recursive: true });
  const prediction = { banks: {}, events: [], unpredictable: [] };
  await writeFile(join(run, predictionOf(name)), JSON.stringify(prediction));
}

async function writeAll(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}
