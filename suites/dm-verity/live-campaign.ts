import { once } from 'node:events';
import { crc32 } from 'node:zlib';
import { seededRandom } from '../../harness/bytes/seeded-random.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import type { VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { type BlockRead, type BlockReader, EIO } from '../../harness/guest/block-reader.ts';
import { cameInTime } from '../../harness/host/deadline.ts';
import { firstError } from '../../harness/host/errors.ts';
import type { Campaign, UnexpectedRead } from '../../harness/judge/judge-campaign.ts';
import {
  type FlipBatch,
  type FlipKind,
  isFailing,
  planFlips,
} from '../../harness/verity/flip-plan.ts';
import type { FlippableDisk } from '../../harness/vm/flippable-disk.ts';
import { isVerdict } from '../is-verdict.ts';

/** Where a campaign is led. */
export type CampaignField = {
  /** Reads in the guest from the dm-verity device. */
  readonly reader: Pick<BlockReader, 'read' | 'evict'>;
  /** The very image that QEMU reads beneath the guest. */
  readonly disk: Pick<FlippableDisk, 'flip'>;
  /** The same disk, as it was. */
  readonly original: ByteSource;
  readonly partitions: VerityPartitions;
};

/** How many flips, and what they are drawn from. */
export type CampaignOrder = { readonly flips: number; readonly seed: number };

/**
 * Tries to have what the kernel holds of the tree read again: its shrinker works in the background and may
 * leave some blocks for the next time.
 */
const EVICTIONS = 40;

const VM_END_MS = 5000;

/** Unexpected reads that are kept one by one. */
const MOST_KEPT = 100;

/**
 * Flips bits beneath a running guest, reads in the guest what that reaches and what it does not, undoes the
 * flips, and reads again.
 *
 * @param signal aborts when the guest is lost: what was done until then is the result
 * @param onFlips hears of the number of flips so far
 * @returns what it came to; never throws for what the guest does
 */
export async function runCampaign(
  field: CampaignField,
  { flips, seed }: CampaignOrder,
  signal: AbortSignal,
  onFlips: (done: number) => void = () => undefined,
): Promise<Campaign> {
  const tally = new Tally();
  const startedAt = performance.now();
  let ended: Campaign['ended'];
  try {
    for (const batch of planFlips(field.partitions.device, flips, seededRandom(`${seed} flips`))) {
      signal.throwIfAborted();
      await runBatch(field, batch, tally, signal);
      onFlips(tally.done);
    }
  } catch (error) {
    ended = await endOf(error, signal);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { seed, asked: flips, ...tally.figures, seconds, ...(ended !== undefined && { ended }) };
}

/** The guest's program may be lost a moment before the VM is known to be, which tells more. */
async function endOf(error: unknown, signal: AbortSignal): Promise<NonNullable<Campaign['ended']>> {
  const wait = { name: 'end of the VM', deadlineMs: VM_END_MS };
  const isLost = signal.aborted || (await cameInTime(wait, () => once(signal, 'abort')));
  const cause = firstError(isLost ? signal.reason : error);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return { reason, byGuest: isVerdict(cause) };
}

async function runBatch(
  field: CampaignField,
  batch: FlipBatch,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const { reader } = field;
  const read = async () => (await reader.read(batch.read, signal)).map(describe);
  const wanted = batch.read.map((block) => dataOf(field, block));
  const failing = batch.read.map((block) => isFailing(batch.flips, block));
  const flipped = wanted.map((data, place) => (failing[place] ? REFUSED : data));
  flipAll(field, batch);
  const during = await readUntil(field, batch.kind, flipped, read, signal);
  flipAll(field, batch);
  const after = await readUntil(field, batch.kind, wanted, read, signal);
  for (const [place, block] of batch.read.entries()) {
    const about = { kind: batch.kind, block };
    tally.hear({ ...about, when: 'flipped' }, flipped[place] ?? '', during[place] ?? '');
    tally.hear({ ...about, when: 'restored' }, wanted[place] ?? '', after[place] ?? '');
  }
  tally.flipped(batch);
}

/**
 * Reads, and again where not all is as wanted and hash blocks are what was changed: those that the kernel
 * has verified it reads again only when it has let go of them.
 */
async function readUntil(
  { reader }: CampaignField,
  kind: FlipKind,
  wanted: readonly string[],
  read: () => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (kind === 'data') return read();
  for (let tries = 0; ; tries++) {
    await reader.evict(signal);
    const seen = await read();
    const isWanted = seen.every((one, place) => one === wanted[place]);
    if (isWanted || tries === EVICTIONS) return seen;
  }
}

function flipAll({ disk, partitions }: CampaignField, { flips }: FlipBatch): void {
  for (const { flip } of flips) {
    disk.flip(partitions[flip.device].offset + flip.offset, 1 << flip.bit);
  }
}

const REFUSED = 'EIO';

/** The same words for what is wanted and what was read, so that they can be compared. */
function describe(read: BlockRead): string {
  if ('crc' in read) return `data with CRC-32 ${read.crc.toString(16)}`;
  return read.errno === EIO ? REFUSED : `error ${read.errno}`;
}

function dataOf({ original, partitions }: CampaignField, block: number): string {
  const { dataBlockBytes } = partitions.device.parameters;
  const offset = partitions.data.offset + block * dataBlockBytes;
  return describe({ crc: crc32(original.read(offset, dataBlockBytes)) });
}

/** Counts what was read. */
class Tally {
  readonly #flips: Record<FlipKind, number> = { data: 0, leaf: 0, upper: 0 };
  readonly #unexpected: UnexpectedRead[] = [];
  readonly #reads = { refusals: 0, others: 0, restored: 0, unexpectedReads: 0 };

  get done(): number {
    return Object.values(this.#flips).reduce((sum, count) => sum + count, 0);
  }

  get figures() {
    return { flips: { ...this.#flips }, ...this.#reads, unexpected: [...this.#unexpected] };
  }

  flipped({ kind, flips }: FlipBatch): void {
    this.#flips[kind] += flips.length;
  }

  hear(
    about: Pick<UnexpectedRead, 'kind' | 'block' | 'when'>,
    wanted: string,
    observed: string,
  ): void {
    const isRefusal = wanted === REFUSED;
    if (wanted !== observed) {
      this.#reads.unexpectedReads += 1;
      if (this.#unexpected.length >= MOST_KEPT) return;
      this.#unexpected.push({ ...about, expected: isRefusal ? REFUSED : 'its data', observed });
    } else if (about.when === 'restored') {
      this.#reads.restored += 1;
    } else {
      this.#reads[isRefusal ? 'refusals' : 'others'] += 1;
    }
  }
}
