import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../harness/bytes/source.ts';
import type { VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { type BlockRead, EIO } from '../../harness/guest/block-reader.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { judgeCampaign } from '../../harness/judge/judge-campaign.ts';
import { noise } from '../../harness/verity/testing/arbitrary-tree.ts';
import { deviceOf } from '../../harness/verity/testing/digests-of.ts';
import { digest, makeTree } from '../../harness/verity/testing/make-tree.ts';
import { BootFailure } from '../../harness/vm/boot-failure.ts';
import { runCampaign } from './live-campaign.ts';

const BLOCK = 512;
const SLOTS = 16;
const tree = makeTree(
  {
    format: 1,
    algorithm: 'sha256',
    dataBlockBytes: BLOCK,
    hashBlockBytes: BLOCK,
    dataBlocks: 1000,
    salt: Buffer.from('salt'),
  },
  noise(1, 1000 * BLOCK),
);
const { geometry } = deviceOf(tree);

/** A guest that does with its disk what Linux does, verified hash blocks kept until they are let go of. */
class ModelGuest {
  readonly disk = Buffer.concat([tree.data, tree.hash]);
  readonly original = bytesSource('disk', Buffer.from(this.disk));
  readonly #verified = new Map<number, Buffer>();
  /** Reads until it is lost. */
  left = Number.POSITIVE_INFINITY;
  isVerifying = true;

  get partitions(): VerityPartitions {
    const at = (offset: number, size: number) => ({ offset, size });
    return {
      data: at(0, tree.data.length),
      hash: at(tree.data.length, tree.hash.length),
      device: deviceOf(tree),
    } as unknown as VerityPartitions;
  }

  flip(offset: number, bits: number): void {
    this.disk[offset] = (this.disk[offset] ?? 0) ^ bits;
  }

  async evict(): Promise<void> {
    this.#verified.clear();
  }

  async read(blocks: readonly number[]): Promise<readonly BlockRead[]> {
    this.left -= 1;
    if (this.left < 0) throw new InfraError({ tool: 'guest command', problem: 'ended' });
    return blocks.map((block) => {
      const data = this.disk.subarray(block * BLOCK, (block + 1) * BLOCK);
      return this.isVerifying && !this.#isSound(block, data)
        ? { errno: EIO }
        : { crc: crc32(data) };
    });
  }

  #isSound(block: number, data: Buffer): boolean {
    const leaf = this.#hashBlock(0, Math.floor(block / SLOTS));
    return leaf !== undefined && digest(tree.parameters, data).equals(slotOf(leaf, block % SLOTS));
  }

  /** @returns nothing where it is not what the block above says */
  #hashBlock(level: number, index: number): Buffer | undefined {
    const number = (geometry.levels[level]?.firstBlock ?? 0) + index;
    const held = this.#verified.get(number);
    if (held !== undefined) return held;
    const start = tree.data.length + number * BLOCK;
    const block = Buffer.from(this.disk.subarray(start, start + BLOCK));
    const isTop = level === geometry.levels.length - 1;
    const above = isTop ? undefined : this.#hashBlock(level + 1, Math.floor(index / SLOTS));
    if (!isTop && above === undefined) return undefined;
    const wanted = above ? slotOf(above, index % SLOTS) : Buffer.from(tree.root, 'hex');
    if (!digest(tree.parameters, block).equals(wanted)) return undefined;
    this.#verified.set(number, block);
    return block;
  }
}

function slotOf(block: Buffer, slot: number): Buffer {
  return block.subarray(slot * 32, (slot + 1) * 32);
}

async function campaignIn(guest: ModelGuest, signal = new AbortController().signal) {
  const { original, partitions } = guest;
  const field = { reader: guest, disk: guest, original, partitions };
  const campaign = await runCampaign(field, { flips: 300, seed: 1 }, signal);
  const states = judgeCampaign(campaign, geometry.levels.length, 'file').map(({ state }) => state);
  return { campaign, states };
}

describe('a campaign of flips', () => {
  it('finds what Linux does as forecast', async () => {
    const { campaign, states } = await campaignIn(new ModelGuest());
    expect(states).toEqual(['pass', 'pass']);
    expect(campaign).toMatchObject({ flips: { data: 255, leaf: 30, upper: 15 }, unexpected: [] });
    expect(campaign.refusals).toBeGreaterThan(300);
  });

  it('leaves the disk as it was', async () => {
    const guest = new ModelGuest();
    await campaignIn(guest);
    expect(guest.disk.equals(Buffer.concat([tree.data, tree.hash]))).toBe(true);
  });

  it('finds a guest that verifies nothing', async () => {
    const guest = new ModelGuest();
    guest.isVerifying = false;
    const { campaign, states } = await campaignIn(guest);
    expect(states).toEqual(['pass', 'fail']);
    expect(campaign.unexpected[0]).toMatchObject({ kind: 'data', expected: 'EIO' });
    expect(campaign.unexpected).toHaveLength(100);
    expect(campaign.unexpectedReads).toBeGreaterThan(100);
  });

  it('finds a guest whose hash blocks are never read again', async () => {
    const guest = new ModelGuest();
    guest.evict = async () => undefined;
    const { campaign } = await campaignIn(guest);
    expect(new Set(campaign.unexpected.map(({ kind, when }) => `${kind} ${when}`))).toContain(
      'leaf flipped',
    );
  });

  it('tells what was done until the guest was lost, and whose doing that was', async () => {
    const guest = new ModelGuest();
    guest.left = 5;
    const lost = new AbortController();
    const campaign = campaignIn(guest, lost.signal);
    const failure = new BootFailure('ssh', { kind: 'halted', reason: { kind: 'panicked' } }, []);
    queueMicrotask(() => setImmediate(() => lost.abort(failure)));
    const { campaign: figures, states } = await campaign;
    expect(states).toEqual(['fail', 'vacuous']);
    expect(figures.ended).toEqual({ reason: 'in stage ssh, the VM panicked', byGuest: true });
    expect(figures.flips).toEqual({ data: 128, leaf: 0, upper: 0 });
  });

  it('does not blame the guest for what the harness lost', async () => {
    const guest = new ModelGuest();
    guest.left = 1;
    const { campaign, states } = await campaignIn(guest);
    expect(states).toEqual(['error', 'vacuous']);
    expect(campaign.ended?.byGuest).toBe(false);
  });
});
