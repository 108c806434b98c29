import { printable } from '../bytes/format-error.ts';
import type { FlipKind } from '../verity/flip-plan.ts';
import type { Judgement } from './judgement.ts';

/** A block that was not read as was forecast. */
export type UnexpectedRead = {
  readonly kind: FlipKind;
  /** Number of the data block. */
  readonly block: number;
  /** While flips last, or when they are undone. */
  readonly when: 'flipped' | 'restored';
  readonly expected: 'EIO' | 'its data';
  readonly observed: string;
};

/** What a campaign of flips beneath a running guest came to. */
export type Campaign = {
  readonly seed: number;
  readonly asked: number;
  /** Flips that were made, read, undone and read again. */
  readonly flips: Readonly<Record<FlipKind, number>>;
  /** Reads that failed as forecast. */
  readonly refusals: number;
  /** Reads beside the flips that gave their data. */
  readonly others: number;
  /** Reads that gave their data once flips were undone. */
  readonly restored: number;
  /** The first of them. */
  readonly unexpected: readonly UnexpectedRead[];
  readonly unexpectedReads: number;
  readonly seconds: number;
  /** Why it ended early, and whether that was the guest's doing; absent where it did not. */
  readonly ended?: { readonly reason: string; readonly byGuest: boolean };
};

const KINDS: readonly FlipKind[] = ['data', 'leaf', 'upper'];

/**
 * Judges a campaign: it ran to its end, what had to fail failed, nothing else did, and what was restored
 * could be read again.
 *
 * @param levels of the tree: a kind of flip that it has no blocks for proves nothing
 * @param file of the evidence with the campaign's figures
 */
export function judgeCampaign(
  campaign: Campaign,
  levels: number,
  file: string,
): readonly Judgement[] {
  return [judgeEnd(campaign, file), judgeReads(campaign, levels, file)];
}

/** Flips in all. */
function flipsOf({ flips }: Pick<Campaign, 'flips'>): number {
  return KINDS.reduce((sum, kind) => sum + flips[kind], 0);
}

function judgeEnd(campaign: Campaign, file: string): Judgement {
  const { asked, ended } = campaign;
  const done = flipsOf(campaign);
  const isWhole = ended === undefined && done === asked;
  return {
    state: isWhole ? 'pass' : ended?.byGuest === false ? 'error' : 'fail',
    sentence: isWhole
      ? `${done} bits were flipped beneath the running guest`
      : `the guest was lost after ${done} of ${asked} flips: ${printable(ended?.reason ?? 'no reason given')}`,
    expected: `${asked} flips (seed ${campaign.seed})`,
    observed: figuresOf(campaign),
    witness: 'guest command',
    file,
  };
}

function judgeReads(campaign: Campaign, levels: number, file: string): Judgement {
  const { unexpected, unexpectedReads, flips, refusals, others, restored } = campaign;
  const [first] = unexpected;
  const common = {
    expected: 'EIO for exactly the blocks that a flip reaches, and all data once it is undone',
    observed: figuresOf(campaign),
    witness: 'guest command',
    file,
  } as const;
  if (first !== undefined) {
    const { kind, block, when, expected, observed } = first;
    const what = when === 'flipped' ? `with flips in ${kind} blocks` : 'when flips were undone';
    const sentence = `${unexpectedReads} reads not as forecast; the first ${what}: block ${block} gave ${observed} instead of ${expected}`;
    return { ...common, state: 'fail', sentence };
  }
  const wanted = levels > 1 ? KINDS : KINDS.slice(0, levels + 1);
  const lacking = wanted.filter((kind) => flips[kind] === 0);
  if (lacking.length > 0 || refusals === 0 || others === 0 || restored === 0) {
    const lack = lacking.map((kind) => `no flip in ${kind} blocks`).join(', ');
    const sentence = `too few flips to prove anything: ${lack || figuresOf(campaign)}`;
    return { ...common, state: 'vacuous', sentence };
  }
  const sentence = `each of ${refusals} reads that a flip reaches failed, none of ${others} others did, and ${restored} gave their data when flips were undone`;
  return { ...common, state: 'pass', sentence };
}

function figuresOf(campaign: Campaign): string {
  const { flips, refusals, others, restored, unexpectedReads } = campaign;
  const kinds = KINDS.map((kind) => `${flips[kind]} ${kind}`).join(', ');
  return `flips: ${kinds}; reads: ${refusals} refused, ${others} others, ${restored} restored, ${unexpectedReads} unexpected`;
}
