import { readFile } from 'node:fs/promises';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import type { GuestChannel } from './guest-channel.ts';
import type { GuestSsh } from './guest-ssh.ts';

/** What became of reading a block: its CRC-32, or Linux's error number. */
export type BlockRead = { readonly crc: number } | { readonly errno: number };

/** Number of Linux's error for a read that failed (errno(3)). */
export const EIO = 5;

/** Where the program lies in the guest: in memory, as the disk may be broken. */
const PLACE = '/run/cvm-read-blocks';

/** As many blocks as the program reads at one request. */
const MOST_BLOCKS = 4096;

const ANSWER_MS = 60_000;
const ANSWER_BYTES = 8;

/** Reads blocks of a device in a guest with O_DIRECT, many at a time. */
export class BlockReader implements Disposable {
  readonly #channel: GuestChannel;
  readonly #blockBytes: number;

  private constructor(channel: GuestChannel, blockBytes: number) {
    this.#channel = channel;
    this.#blockBytes = blockBytes;
  }

  /**
   * Puts the program into the guest's memory and starts it there.
   *
   * @param program path of the compiled `read-blocks.c`
   * @param device path of the device in the guest, fixed text of the harness
   * @param blockBytes size of a block
   * @throws InfraError where the program cannot be started or cannot open the device
   */
  static async start(
    ssh: GuestSsh,
    program: string,
    device: string,
    blockBytes: number,
    signal: AbortSignal,
  ): Promise<BlockReader> {
    await ssh.put(PLACE, await readFile(program), signal);
    const reader = new BlockReader(await ssh.start(PLACE, signal), blockBytes);
    const path = Buffer.from(device);
    reader.#channel.write(Buffer.concat([u32(blockBytes), u32(path.length), path]));
    const errno = (await reader.#answer(4, signal)).readUInt32LE(0);
    if (errno === 0) return reader;
    reader[Symbol.dispose]();
    const problem = `cannot open ${device}: error ${errno}`;
    throw new InfraError({ tool: PLACE, problem });
  }

  /**
   * Reads blocks, in this order.
   *
   * @param blocks their numbers
   * @throws InfraError where the guest or its program ends; StageTimeout where it does not answer
   */
  async read(blocks: readonly number[], signal: AbortSignal): Promise<readonly BlockRead[]> {
    const reads: BlockRead[] = [];
    for (let first = 0; first < blocks.length; first += MOST_BLOCKS) {
      reads.push(...(await this.#readSome(blocks.slice(first, first + MOST_BLOCKS), signal)));
    }
    return reads;
  }

  /**
   * Has the kernel let go of the hash blocks that it has verified; some may stay for this time.
   *
   * @throws InfraError where the kernel refuses; as {@link read} does
   */
  async evict(signal: AbortSignal): Promise<void> {
    this.#channel.write(u32(0));
    const errno = (await this.#answer(4, signal)).readUInt32LE(0);
    if (errno !== 0) throw new InfraError({ tool: PLACE, problem: `cannot evict: error ${errno}` });
  }

  [Symbol.dispose](): void {
    this.#channel[Symbol.dispose]();
  }

  async #readSome(blocks: readonly number[], signal: AbortSignal): Promise<readonly BlockRead[]> {
    const request = Buffer.alloc(4 + blocks.length * 8);
    request.writeUInt32LE(blocks.length, 0);
    for (const [index, block] of blocks.entries()) {
      request.writeBigUInt64LE(BigInt(block * this.#blockBytes), 4 + index * 8);
    }
    this.#channel.write(request);
    const answer = await this.#answer(blocks.length * ANSWER_BYTES, signal);
    return blocks.map((_, index) => {
      const errno = answer.readUInt32LE(index * ANSWER_BYTES);
      const crc = answer.readUInt32LE(index * ANSWER_BYTES + 4);
      return errno === 0 ? { crc } : { errno };
    });
  }

  #answer(bytes: number, signal: AbortSignal): Promise<Buffer> {
    const wait = { name: 'blocks read in the guest', deadlineMs: ANSWER_MS, signal };
    return waitFor(wait, (over) => this.#channel.take(bytes, over));
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
