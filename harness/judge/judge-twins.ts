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
 * Judges a boot against its twin, which differs in one thing: the PCRs that this must move differ,
 * the others do not, and each is as predicted in both boots. Where the predictions themselves do not
 * differ as they should, the comparison proves nothing.
 */
export function judgeTwins(
  change: TwinChange,
  boot: JudgedBoot,
  twin: JudgedBoot,
): readonly Judgement[] {
  const asPredicted = [...change.moved, ...change.unmoved].flatMap((pcr) => [
    ...judgePcr(pcr, boot.prediction, boot.observation),
    ...judgePcr(pcr, twin.prediction, twin.observation),
  ]);
  return [
    ...change.moved.map((pcr) => judgeMove(pcr, true, change.what, boot, twin)),
    ...change.unmoved.map((pcr) => judgeMove(pcr, false, change.what, boot, twin)),
    ...asPredicted.filter(({ state }) => state !== 'pass'),
  ];
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
  if ((a.expected !== b.expected) !== moves) {
    const sentence = `${what} is not predicted to ${moves ? 'move' : 'leave'} PCR ${pcr}`;
    return { ...common, state: 'vacuous', sentence };
  }
  const holds = (a.observed !== b.observed) === moves && b.observed === b.expected;
  const verb = moves ? 'moves' : 'leaves';
  const sentence = holds
    ? `${what} ${verb} PCR ${pcr}, as predicted`
    : `${what} does not ${moves ? 'move' : 'leave'} PCR ${pcr} as predicted`;
  return { ...common, state: holds ? 'pass' : 'fail', sentence };
}
