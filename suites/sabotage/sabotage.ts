import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Requirement } from '../requirements/requirement.ts';
import type { Bench } from './bench.ts';

/** What a requirement says of a sound system, and of one that is wrong. */
export type Attempt = {
  /** Empty where the system that is tested is the wrong one. */
  readonly sound: readonly Judgement[];
  readonly wrong: readonly Judgement[];
};

/** One deliberately wrong system, and the requirement that must fail on it. */
export type Sabotage = {
  readonly requirement: Requirement['id'];
  /** What is wrong with the system; the sentence that a reader of the list sees. */
  readonly what: string;
  /** What the finding must say: a part of its sentence. */
  readonly says: string;
  /** `vacuous` where what is wrong is that the test proves nothing; `fail`, if not given. */
  readonly state?: 'vacuous';
  /** Whether the project's own firmware or image is the wrong system, so that none is sound. */
  readonly isFound?: true;
  /** Has the requirement's own judge look at both systems. */
  readonly attempt: (bench: Bench, signal: AbortSignal) => Promise<Attempt>;
};

/** What came of a sabotage. */
export type Verdict = {
  readonly sabotage: Sabotage;
  /** Whether the sound system passes, and the wrong one fails with the words that it should. */
  readonly isCaught: boolean;
  /** The sentence that told of it; where it was not caught, why not. */
  readonly because: string;
};

/**
 * Tries a sabotage. One whose attempt breaks is not caught: what the others came to is worth knowing.
 *
 * @throws Interrupted where the signal is aborted
 */
export async function trySabotage(
  sabotage: Sabotage,
  bench: Bench,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    return verdictOn(sabotage, await sabotage.attempt(bench, signal));
  } catch (error) {
    signal.throwIfAborted();
    return missed(sabotage, `broke: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function verdictOn(sabotage: Sabotage, { sound, wrong }: Attempt): Verdict {
  const spoiled = sound.find(({ state }) => state !== 'pass');
  if (spoiled !== undefined) return missed(sabotage, `sound, yet ${described(spoiled)}`);
  if ((sound.length === 0) !== (sabotage.isFound === true)) {
    return missed(sabotage, 'nobody has looked at a sound system');
  }
  const wanted = wrong.filter(({ state }) => state === (sabotage.state ?? 'fail'));
  const told = wanted.find(({ sentence }) => sentence.includes(sabotage.says));
  if (told !== undefined) return { sabotage, isCaught: true, because: told.sentence };
  return missed(sabotage, `says ${wrong.map(described).join('; ') || 'nothing'}`);
}

function missed(sabotage: Sabotage, because: string): Verdict {
  return { sabotage, isCaught: false, because };
}

function described({ state, sentence }: Judgement): string {
  return `${state}: ${sentence}`;
}
