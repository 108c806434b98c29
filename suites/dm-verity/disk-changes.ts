import { dirname } from 'node:path';
import { sliceSource } from '../../harness/bytes/slice-source.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import type { VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { readGpt } from '../../harness/formats/gpt.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { runTool } from '../../harness/host/run-tool.ts';
import { toolCommand } from '../../harness/host/tools.ts';
import { openHashDevice } from '../../harness/verity/hash-device.ts';
import { updateTree } from '../../harness/verity/update-tree.ts';
import { FlippableDisk } from '../../harness/vm/flippable-disk.ts';
import { appendPartitions } from './append-partitions.ts';
import type { ChangeContext } from './toolbox-shell.ts';

const PASSING_UUID = 'c0de0000-0000-4000-8000-00000000fa55';

const SFDISK_MS = 30_000;

/** A type of partitions, root-verity for x86-64 (UAPI.2, Discoverable Partitions Specification). */
const ROOT_VERITY = '2c7357ed-ebd2-46d9-aec1-23d437ec2bf5';

const ADDED_UUID = 'c0de0000-0000-4000-8000-000000000add';
const ADDED_BYTES = 2 << 20;

/** A disk that is changed before it is booted. */
export class ChangeableDisk implements Disposable {
  /** Absolute path of the raw image. */
  readonly path: string;
  /** As they were before any change. */
  readonly partitions: VerityPartitions;
  /** The disk before any change. */
  readonly original: ByteSource;
  readonly #file: FlippableDisk;
  readonly #context: ChangeContext;

  constructor(
    path: string,
    original: ByteSource,
    partitions: VerityPartitions,
    context: ChangeContext,
  ) {
    this.path = path;
    this.original = original;
    this.partitions = partitions;
    this.#file = new FlippableDisk(path);
    this.#context = context;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  /** Flips bits of a byte, counted in bytes from the start of the disk. */
  flip(offset: number, bits = 1): void {
    this.#file.flip(offset, bits);
  }

  /**
   * Changes bits of the data and makes the tree anew for that.
   *
   * @param offset of the byte, from the start of the data
   * @returns the new root hash in lower-case hex
   */
  changeConsistently(offset: number, bits: number): string {
    const { data, hash } = this.partitions;
    const device = openHashDevice(sliceSource(this.original, hash.offset, hash.size, 'hash tree'));
    const { dataBlockBytes } = device.parameters;
    const block = Math.floor(offset / dataBlockBytes);
    const start = data.offset + block * dataBlockBytes;
    const bytes = Uint8Array.from(this.original.read(start, dataBlockBytes));
    const place = offset % dataBlockBytes;
    bytes[place] = (bytes[place] ?? 0) ^ bits;
    const { root, blocks } = updateTree(device, [{ block, bytes }]);
    this.#file.write(start, bytes);
    for (const { offset: at, bytes: changed } of blocks)
      this.#file.write(hash.offset + at, changed);
    return root;
  }

  /**
   * Where the first partition of a type begins, in bytes.
   *
   * @throws TypeError where there is none
   */
  async placeOf(type: string): Promise<number> {
    using disk = await openSource(this.path);
    const found = readGpt(disk).partitions.find((partition) => partition.type === type);
    if (found !== undefined) return found.offset;
    throw new TypeError(`no partition of type ${type}`);
  }

  /** Gives partitions other UUIDs, in both tables. */
  async setUuids(uuids: { readonly data: string; readonly hash: string }): Promise<void> {
    const { data, hash } = this.partitions;
    // The two may be exchanged, and no two may have the same at any time.
    await this.#sfdisk(['--part-uuid', this.path, String(hash.number), PASSING_UUID]);
    await this.#sfdisk(['--part-uuid', this.path, String(data.number), uuids.data]);
    await this.#sfdisk(['--part-uuid', this.path, String(hash.number), uuids.hash]);
  }

  /** Adds a partition for a tree, with the label of the one that there is, and nothing in it. */
  async addVerityPartition(): Promise<void> {
    const { name } = this.partitions.hash;
    const bytes = new Uint8Array(ADDED_BYTES);
    const added = { type: ROOT_VERITY, uuid: ADDED_UUID, name, bytes };
    await appendPartitions(this.path, [added], this.#context);
  }

  async #sfdisk(words: readonly string[]): Promise<void> {
    const { tools, ...run } = this.#context;
    const args = ['-q', '--no-reread', ...words];
    const command = toolCommand(tools, 'sfdisk', args, { directory: dirname(this.path) });
    await runTool(command, { ...run, deadlineMs: SFDISK_MS });
  }
}
