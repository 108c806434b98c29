import type { Bank } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import type { Prediction } from '../predict/prediction.ts';
import { banksOf, judgePcr, valuesOf } from './judge-pcr.ts';
import type { Judgement } from './judgement.ts';
import { type Observation, PCR_FILE } from './observation.ts';

/** A boot with what was predicted for it. */
export type JudgedBoot = { readonly prediction: Prediction; readonly observation: Observation };

/** How one change is to show in PCRs. */
export type TwinChange = {
  /** What was changed, e.g. `another command line`. */
  readonly what: string;
  /** PCRs that the change must move. */
  readonly moved: readonly number[];
  /** PCRs that it must leave alone. */
  readonly unmoved: readonly number[];
};

/**
 * Judges a boot against its twin, which differs in one thing: the PCRs that this must move differ in
 * every bank, the others do not, and each is as predicted in both boots. Where the predictions
 * themselves do not differ as they should, or the unchanged boot is not as predicted, the comparison
 * proves nothing.
 *
 * @param boot the unchanged boot
 * @param twin the changed one
 */
export function judgeTwins(
  change: TwinChange,
  boot: JudgedBoot,
  twin: JudgedBoot,
): readonly Judgement[] {
  const pcrs = [...change.moved, ...change.unmoved];
  return [
    ...change.moved.map((pcr) => judgeMove(pcr, true, change.what, boot, twin)),
    ...change.unmoved.map((pcr) => judgeMove(pcr, false, change.what, boot, twin)),
    ...pcrs.flatMap((pcr) => notAsPredicted(pcr, boot).map(asVacuous)),
    ...pcrs.flatMap((pcr) => notAsPredicted(pcr, twin)),
  ];
}

function notAsPredicted(
  pcr: number,
  { prediction, observation }: JudgedBoot,
): readonly Judgement[] {
  return judgePcr(pcr, prediction, observation).filter(({ state }) => state !== 'pass');
}

function asVacuous(judgement: Judgement): Judgement {
  return { ...judgement, state: 'vacuous', sentence: `without the change, ${judgement.sentence}` };
}

function judgeMove(
  pcr: number,
  moves: boolean,
  what: string,
  boot: JudgedBoot,
  twin: JudgedBoot,
): Judgement {
  const banks = banksOf(boot.prediction);
  const of = ({ prediction, observation }: JudgedBoot) => ({
    expected: valuesOf(pcr, banks, prediction.banks),
    observed: valuesOf(pcr, banks, observation.pcrs),
  });
  const [a, b] = [of(boot), of(twin)];
  const common = {
    expected: moves ? `PCR ${pcr} moves to ${b.expected}` : `PCR ${pcr} stays ${a.expected}`,
    observed: `${a.observed} and ${b.observed}`,
    witness: 'guest command',
    file: PCR_FILE,
  } as const;
  const predicted = valuePairs(pcr, banks, boot.prediction.banks, twin.prediction.banks);
  if (!behaves(predicted, moves)) {
    const sentence = `${what} is not predicted to ${moves ? 'move' : 'leave'} PCR ${pcr}`;
    return { ...common, state: 'vacuous', sentence };
  }
  const observed = valuePairs(pcr, banks, boot.observation.pcrs, twin.observation.pcrs);
  const holds = behaves(observed, moves) && b.observed === b.expected;
  const verb = moves ? 'moves' : 'leaves';
  const sentence = holds
    ? `${what} ${verb} PCR ${pcr}, as predicted`
    : `${what} does not ${moves ? 'move' : 'leave'} PCR ${pcr} as predicted`;
  return { ...common, state: holds ? 'pass' : 'fail', sentence };
}

type ValuePair = readonly [a: string | undefined, b: string | undefined];

function valuePairs(
  pcr: number,
  banks: readonly Bank[],
  a: PcrValues,
  b: PcrValues,
): readonly ValuePair[] {
  return banks.map((bank) => [a[bank]?.[pcr], b[bank]?.[pcr]]);
}

/** Values that are not there neither move nor stay. */
function behaves(pairs: readonly ValuePair[], moves: boolean): boolean {
  return (
    pairs.length > 0 &&
    pairs.every(([a, b]) => a !== undefined && b !== undefined && (a !== b) === moves)
  );
}
