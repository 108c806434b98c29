import { join } from 'node:path';
import { execa } from 'execa';
import type { Command } from '../../../harness/host/tools.ts';
import { cvm, peer } from '../commands.ts';
import type { Job } from '../job.ts';
import { writeSeeded } from '../seeded-file.ts';

const DATA_BYTES = 512 << 20;
const SALT = '5a'.repeat(32);
const VERITYSETUP = '/usr/sbin/veritysetup';

/** The dm-verity tree of 512 MiB, and its verification. */
export const VERITY_JOBS: readonly Job[] = [
  {
    name: 'verity-root',
    ours: 'cvm verity root, 512 MiB',
    peer: 'veritysetup format',
    prepare: async (folder) => {
      const { data, format } = await makeData(folder);
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
  },
  {
    name: 'verity-verify',
    ours: 'cvm verity verify, 512 MiB',
    peer: 'veritysetup verify',
    prepare: async (folder) => {
      const { data, hash, format } = await makeData(folder);
      const [program, ...words] = format.argv;
      const { stdout } = await execa(program, words, { env: format.environment });
      const root = rootOf(stdout);
      return {
        ours: cvm('verity', 'verify', data, hash, '--root', root, '--json'),
        peer: peer(VERITYSETUP, ['verify', data, hash, root], { readable: [folder] }),
        agree: (ours) => JSON.parse(ours).valid === true || 'veritysetup verifies it, cvm does not',
      };
    },
  },
];

async function makeData(
  folder: string,
): Promise<{ readonly data: string; readonly hash: string; readonly format: Command }> {
  const data = join(folder, 'data');
  const hash = join(folder, 'hash');
  const words = ['format', data, hash, `--salt=${SALT}`];
  const format = peer(VERITYSETUP, words, { writable: [folder] });
  await writeSeeded(data, 'verity', DATA_BYTES);
  return { data, hash, format };
}

function rootOf(output: string): string {
  return /^Root hash:\s*([0-9a-f]+)$/m.exec(output)?.[1] ?? '';
}
