import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLuks2Tokens } from '../../harness/formats/luks2-header.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { runTool } from '../../harness/host/run-tool.ts';
import { toolCommand } from '../../harness/host/tools.ts';
import { appendPartitions, type NewPartition } from '../../harness/images/append-partitions.ts';
import {
  enrollTpmKey,
  makeLuksVolume,
  type SealingPolicy,
} from '../../harness/images/luks-volume.ts';
import type { DiskContext } from './disk-context.ts';
import { VOLUMES, type VolumeName } from './volumes.ts';

const TOOL_MS = 30_000;

/** Size of a sector of what is encrypted. */
const SECTOR_BYTES = 512;

/** The file in every volume that holds the secret. */
export const SECRET_FILE = 'secret';

/** Policy digests that stand in the headers of volumes, lower-case hex, by volume. */
export type SealedTokens = Readonly<Partial<Record<VolumeName, string>>>;

/** Makes volumes with a file system that holds a secret, each with a key that one TPM gives out in one state. */
export class Sealer {
  /** Text that stands in every volume and nowhere else. */
  readonly secret = `cvm-secret-${randomBytes(24).toString('hex')}`;
  /** Opens every volume, for whoever enrolls other keys. */
  readonly passphrase = randomBytes(32).toString('hex');
  readonly #storageRootKey: string;
  readonly #context: DiskContext;
  readonly #directory: string;
  readonly #tokens = new Map<VolumeName, string>();

  /**
   * @param storageRootKey path of the TPM's SRK, a TPM2B_PUBLIC
   * @param context whose directory keeps the volumes
   */
  constructor(storageRootKey: string, context: DiskContext) {
    this.#storageRootKey = storageRootKey;
    this.#context = context;
    this.#directory = join(context.directory, 'volumes');
  }

  /**
   * Adds volumes to a disk.
   *
   * @param disk path of the raw image that is changed
   * @param policies by the volumes' names; `null` where the guest is to enroll a key
   * @throws InfraError where a tool fails
   */
  async seal(
    disk: string,
    policies: Readonly<Partial<Record<VolumeName, SealingPolicy | null>>>,
  ): Promise<void> {
    const { tools, run } = this.#context;
    await mkdir(join(this.#directory, 'tree'), { recursive: true });
    const passphrase = this.#file('passphrase');
    await writeFile(passphrase, this.passphrase, { mode: 0o600 });
    const content = await this.#fileSystem();
    const partitions: NewPartition[] = [];
    for (const [name, policy] of Object.entries(policies)) {
      const path = this.#file(`${name}.luks`);
      await makeLuksVolume({ path, content, passphrase }, tools, run);
      if (policy !== null) {
        await enrollTpmKey(path, passphrase, this.#storageRootKey, policy, tools, run);
        this.#tokens.set(name as VolumeName, await policyOf(path));
      }
      partitions.push({ name: VOLUMES[name as VolumeName], content: path });
    }
    await appendPartitions(disk, partitions, tools, run);
  }

  /** What the headers of the volumes say of the policies. */
  get tokens(): SealedTokens {
    return Object.fromEntries(this.#tokens);
  }

  /** Not compressed, so that the secret stands in it as it is. */
  async #fileSystem(): Promise<Uint8Array> {
    const { tools, run } = this.#context;
    const [tree, image] = [this.#file('tree'), this.#file('tree.erofs')];
    await writeFile(join(tree, SECRET_FILE), `${this.secret}\n`);
    const access = { directory: this.#directory };
    const command = toolCommand(tools, 'mkfs.erofs', ['--quiet', image, tree], access);
    await runTool(command, { ...run, deadlineMs: TOOL_MS });
    const bytes = await readFile(image);
    const padded = new Uint8Array(Math.ceil(bytes.length / SECTOR_BYTES) * SECTOR_BYTES);
    padded.set(bytes);
    return padded;
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }
}

/** The policy of the only key of a volume that a TPM gives out. */
async function policyOf(volume: string): Promise<string> {
  using source = await openSource(volume);
  const [token] = readLuks2Tokens(source);
  if (token === undefined) throw new TypeError(`${volume} has no key of a TPM`);
  return token.policyHash;
}
