import { alignEvents, type EventDifference } from '../../measure/align-events.ts';
import type { Bank } from '../../measure/bank.ts';
import { ALL_BANKS } from '../../measure/bank.ts';
import type { MeasuredEvent } from '../../measure/event.ts';
import type { PcrEvidence } from '../../measure/pcr-evidence.ts';
import { shownBank } from '../../measure/shown-bank.ts';

/** A value of one bank on both sides; `null` where a side has none. */
export type BankValue = {
  readonly bank: Bank;
  readonly predicted: string | null;
  readonly observed: string | null;
};

/** An event of the forecast beside the logged one; `null` where a side has none here. */
export type EventPair = {
  readonly predicted: MeasuredEvent | null;
  readonly observed: MeasuredEvent | null;
  readonly same: boolean;
};

/** One PCR of one boot. */
export type PcrComparison = {
  readonly pcr: number;
  /** `unknown`: there is no forecast of it, which is no agreement. */
  readonly outcome: 'equal' | 'different' | 'unknown';
  readonly values: readonly BankValue[];
  readonly events: readonly EventPair[];
};

/** PCRs from 16 on are for debugging and for dynamic launches (PC Client PFP 1.06, 3.3.4). */
const LAST_PCR = 15;

/**
 * Sets the forecast of a boot beside what was observed.
 *
 * @returns PCRs 0 to 15
 */
export function comparePcrs(
  predicted: PcrEvidence,
  observed: PcrEvidence,
): readonly PcrComparison[] {
  return Array.from({ length: LAST_PCR + 1 }, (_, pcr) => {
    const values = valuesOf(pcr, predicted, observed);
    const events = pairsOf(pcr, predicted.events ?? [], observed.events ?? []);
    return { pcr, outcome: outcomeOf(values), values, events };
  });
}

function valuesOf(pcr: number, predicted: PcrEvidence, observed: PcrEvidence) {
  return ALL_BANKS.flatMap((bank): readonly BankValue[] => {
    const values = { predicted: predicted.pcrs[bank]?.[pcr], observed: observed.pcrs[bank]?.[pcr] };
    if (values.predicted === undefined && values.observed === undefined) return [];
    return [{ bank, predicted: values.predicted ?? null, observed: values.observed ?? null }];
  });
}

function outcomeOf(values: readonly BankValue[]): PcrComparison['outcome'] {
  const forecast = values.filter(({ predicted }) => predicted !== null);
  if (forecast.length === 0) return 'unknown';
  return forecast.every(({ predicted, observed }) => predicted === observed)
    ? 'equal'
    : 'different';
}

function pairsOf(
  pcr: number,
  predicted: readonly MeasuredEvent[],
  observed: readonly MeasuredEvent[],
): readonly EventPair[] {
  const a = predicted.filter((event) => event.pcr === pcr);
  const b = observed.filter((event) => event.pcr === pcr);
  const topics = { a: a.map(({ type }) => type), b: b.map(({ type }) => type) };
  const differences = alignEvents(a, b, topics);
  const [onlyA, onlyB] = [differences.map((one) => one.a), differences.map((one) => one.b)];
  const commonB = [...b.keys()].filter((index) => !onlyB.includes(index));
  const common = [...a.keys()]
    .filter((index) => !onlyA.includes(index))
    .map((index, at) => ({ index, a: index, b: commonB[at] ?? null }));
  return [...common, ...differences].toSorted(inOrder).map((one) => {
    return pairOf(a[one.a ?? -1], b[one.b ?? -1]);
  });
}

/** What stands on side b alone comes before the event of side a that it stands before. */
function inOrder(x: EventDifference, y: EventDifference): number {
  return x.index - y.index || Number(x.a !== null) - Number(y.a !== null);
}

function pairOf(
  predicted: MeasuredEvent | undefined,
  observed: MeasuredEvent | undefined,
): EventPair {
  if (predicted === undefined || observed === undefined) {
    return { predicted: predicted ?? null, observed: observed ?? null, same: false };
  }
  const bank = shownBank(predicted.digests, observed.digests);
  const same = bank !== undefined && predicted.digests[bank] === observed.digests[bank];
  return { predicted, observed, same };
}
