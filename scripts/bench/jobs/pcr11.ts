import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePe } from '../../../harness/formats/testing/make-pe.ts';
import { ALL_BANKS, type Bank } from '../../../harness/measure/bank.ts';
import { cvm, peer } from '../commands.ts';
import type { Agreement, Job, Pair } from '../job.ts';
import { writeSeeded } from '../seeded-file.ts';

/** What systemd-measure takes unless it is told. */
const PHASES = [
  'enter-initrd',
  'enter-initrd:leave-initrd',
  'enter-initrd:leave-initrd:sysinit',
  'enter-initrd:leave-initrd:sysinit:ready',
];

/** Sections and their sizes in bytes: 200 MiB. */
const SECTIONS = { osrel: 400, cmdline: 80, uname: 20, linux: 40 << 20, initrd: 160 << 20 };

const STUB = { name: '.sdmagic', data: '#### LoaderInfo: systemd-stub 257.13-1~deb13u1 ####' };

/** PCR 11 of a UKI of 200 MiB, in one bank and in all. */
export const PCR11_JOBS: readonly Job[] = [
  pcr11Job('pcr11', ALL_BANKS),
  pcr11Job('pcr11-sha256', ['sha256']),
];

function pcr11Job(name: string, banks: readonly Bank[]): Job {
  return {
    name,
    ours: `cvm uki --pcr11, 200 MiB, ${banks.join(' ')}`,
    peer: 'systemd-measure calculate',
    prepare: (folder) => prepare(folder, banks),
  };
}

async function prepare(folder: string, banks: readonly Bank[]): Promise<Pair> {
  const uki = join(folder, 'uki.efi');
  const names = Object.keys(SECTIONS);
  const files = names.map((name) => `--${name}=${join(folder, name)}`);
  const words = [
    ...['calculate', '--json=short', ...files],
    ...[...banks.map((bank) => `--bank=${bank}`), ...PHASES.map((phase) => `--phase=${phase}`)],
  ];
  const measure = peer('/usr/lib/systemd/systemd-measure', words, { readable: [folder] });
  for (const [name, bytes] of Object.entries(SECTIONS)) {
    await writeSeeded(join(folder, name), name, bytes);
  }
  const sections = names.map(async (name) => ({
    name: `.${name}`,
    data: await readFile(join(folder, name)),
  }));
  await writeFile(uki, makePe({ sections: [STUB, ...(await Promise.all(sections))] }));
  const phases = PHASES.flatMap((phase) => ['--phase', phase]);
  const ours = cvm('uki', '--pcr11', '--json', '--banks', banks.join(','), ...phases, uki);
  return { ours, peer: measure, agree: (a, b) => agree(a, b, banks) };
}

/** Both print JSON: ours by phase and bank, the peer's by bank and phase. */
function agree(ours: string, theirs: string, banks: readonly Bank[]): Agreement {
  const { pcr11 } = JSON.parse(ours);
  const values = JSON.parse(theirs);
  for (const bank of banks) {
    for (const phase of PHASES) {
      const one = values[bank]?.find((value: { readonly phase: string }) => value.phase === phase);
      const found = pcr11[phase]?.[bank];
      if (one === undefined || found !== one.hash) {
        return `${bank} of ${phase}: systemd-measure has ${one?.hash}, cvm ${found}`;
      }
    }
  }
  return true;
}
