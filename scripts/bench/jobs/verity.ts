import { join } from 'node:path';
import { execa } from 'execa';
import type { Command } from '../../../harness/host/tools.ts';
import { cvm, peer } from '../commands.ts';
import type { Job } from '../job.ts';
import { writeSeeded } from '../seeded-file.ts';

const SALT = '5a'.repeat(32);
const VERITYSETUP = '/usr/sbin/veritysetup';

/** What is hashed: a root file system as it is usual, and a large one. */
const SIZES = [
  { suffix: '', words: '512 MiB', bytes: 512 << 20 },
  { suffix: '-large', words: '4 GiB', bytes: 4 * 2 ** 30 },
] as const;

type Size = (typeof SIZES)[number];

/** The dm-verity tree of some data, and its verification. */
export const VERITY_JOBS: readonly Job[] = SIZES.flatMap((size) => [
  rootJob(size),
  verifyJob(size),
]);

function rootJob({ suffix, words, bytes }: Size): Job {
  return {
    name: `verity-root${suffix}`,
    ours: `cvm verity root, ${words}`,
    peer: 'veritysetup format',
    prepare: async (folder) => {
      const { data, format } = await makeData(folder, bytes);
      return {
        ours: cvm('verity', 'root', data, '--salt', SALT, '--json'),
        peer: format,
        agree: (ours, theirs) => {
          const { root } = JSON.parse(ours);
          const expected = rootOf(theirs);
          return root === expected || `veritysetup has the root ${expected}, cvm ${root}`;
        },
      };
    },
  };
}

function verifyJob({ suffix, words, bytes }: Size): Job {
  return {
    name: `verity-verify${suffix}`,
    ours: `cvm verity verify, ${words}`,
    peer: 'veritysetup verify',
    prepare: async (folder) => {
      const { data, hash, format } = await makeData(folder, bytes);
      const [program, ...args] = format.argv;
      const { stdout } = await execa(program, args, { env: format.environment });
      const root = rootOf(stdout);
      return {
        ours: cvm('verity', 'verify', data, hash, '--root', root, '--json'),
        peer: peer(VERITYSETUP, ['verify', data, hash, root], { readable: [folder] }),
        agree: (ours) => JSON.parse(ours).valid === true || 'veritysetup verifies it, cvm does not',
      };
    },
  };
}

async function makeData(
  folder: string,
  bytes: number,
): Promise<{ readonly data: string; readonly hash: string; readonly format: Command }> {
  const data = join(folder, 'data');
  const hash = join(folder, 'hash');
  const words = ['format', data, hash, `--salt=${SALT}`];
  const format = peer(VERITYSETUP, words, { writable: [folder] });
  await writeSeeded(data, 'verity', bytes);
  return { data, hash, format };
}

function rootOf(output: string): string {
  return /^Root hash:\s*([0-9a-f]+)$/m.exec(output)?.[1] ?? '';
}
