import type { Judgement } from './judgement.ts';

/** How an attempt to open a volume ended. */
type Opening = { readonly opened: boolean; readonly said: string };

/** What must be the same, or must not. */
export type Comparison = {
  /** What is compared, e.g. `the EK of a TPM whose state is kept`. */
  readonly what: string;
  readonly first: string;
  readonly second: string;
  readonly same: boolean;
  readonly file: string;
};

/** Judges whether two values are the same, or are not, as they should be. */
export function judgeComparison({ what, first, second, same, file }: Comparison): Judgement {
  const holds = (first === second) === same && first !== '';
  return {
    state: holds ? 'pass' : 'fail',
    sentence: `${what} ${first === second ? 'is the same' : 'is another'}`,
    expected: same ? first : `not ${first}`,
    observed: second,
    witness: 'host file',
    file,
  };
}

/** A volume that must open with one TPM and stay closed with another. */
export type TwoOpenings = {
  readonly own: Opening;
  readonly other: Opening;
  /** What the TPM says where it refuses. */
  readonly refusal: RegExp;
  readonly file: string;
};

/** Judges whether a volume opens with its own TPM, and another TPM refuses. */
export function judgeOpenings({ own, other, refusal, file }: TwoOpenings): Judgement {
  const common = {
    expected: `refused by the TPM: ${refusal.source}`,
    observed: other.said,
    witness: 'host file',
    file,
  } as const;
  if (!own.opened) {
    const sentence = `the volume does not open with its own TPM: ${own.said}`;
    return { ...common, state: 'vacuous', sentence };
  }
  return !other.opened && refusal.test(other.said)
    ? { ...common, state: 'pass', sentence: 'a volume keyed to one TPM stays closed with the next' }
    : {
        ...common,
        state: 'fail',
        sentence: 'a volume keyed to one TPM is not refused by the next',
      };
}

/** A TPM whose files are those of another one from some moment of its run on. */
export type Swap = {
  /** Its EK before that, after that, and at its next start. */
  readonly ek: { readonly before: string; readonly during: string; readonly next: string };
  /** EK of a copy that was started with the other's files: the twin. */
  readonly exchanged: string;
  /** EK of the other one. */
  readonly other: string;
  readonly file: string;
};

/**
 * Judges whether a TPM that runs takes nothing from files that are put in the place of its own, and is itself
 * again at its next start. Where files of another TPM are not taken at a start either, this proves nothing.
 */
export function judgeSwap({ ek, exchanged, other, file }: Swap): Judgement {
  const { before, during, next } = ek;
  const common = {
    expected: before,
    observed: `${during}, and at the next start ${next}`,
    witness: 'host file',
    file,
  } as const;
  if (exchanged !== other || before === other) {
    const sentence = 'files of another TPM make no other TPM where it does not run either';
    return { ...common, state: 'vacuous', sentence };
  }
  return during === before && next === before
    ? {
        ...common,
        state: 'pass',
        sentence:
          'a TPM whose files are swapped during its run goes on as itself, and is itself at its next start',
      }
    : {
        ...common,
        state: 'fail',
        sentence: 'a TPM whose files are swapped during its run is another',
      };
}

/** A TPM's state, an older copy of it, and what depends on which it is. */
export type RollBack = {
  readonly counter: {
    readonly before: string;
    readonly after: string;
    readonly rolledBack: string;
  };
  readonly opening: Opening;
  readonly file: string;
};

/** Judges whether an older state of a TPM is refused where the newer one had counted on. */
export function judgeRollBack({ counter, opening, file }: RollBack): Judgement {
  const { before, after, rolledBack } = counter;
  const common = {
    expected: 'the older state is refused',
    observed: `counter ${before}, counted to ${after}, then ${rolledBack}; volume ${opening.opened ? 'opens' : opening.said}`,
    witness: 'host file',
    file,
  } as const;
  if (before === after) {
    return {
      ...common,
      state: 'vacuous',
      sentence: 'the newer state does not differ from the older',
    };
  }
  const isAccepted = rolledBack === before && opening.opened;
  return isAccepted
    ? {
        ...common,
        state: 'fail',
        sentence:
          'a host that keeps the state can go back to an older one: the TPM accepts it, its counter is back, and the volume opens',
      }
    : { ...common, state: 'pass', sentence: 'an older state is not accepted' };
}
