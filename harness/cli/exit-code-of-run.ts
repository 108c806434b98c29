import type { JudgedRequirement } from '../report/result.ts';
import { EXIT } from './exit-code.ts';
import { isPart, type PartFlags } from './part-of-run.ts';

/** Which requirements a user asks for; all of them where nothing is named. */
export type Asked = PartFlags & {
  readonly suite?: readonly string[];
  readonly requirement?: readonly string[];
};

/**
 * How `cvm conformance` ends.
 *
 * @param requirements all requirements as they were judged
 * @returns exit code: 4 where the harness broke; 1 where a MUST does not hold or, asked for, was not
 *   judged, or where anything proved nothing or did not hold each time; else 0. A SHOULD that is not met
 *   is told and counted, and leaves the claim of conformance as it is (RFC 2119). What this host cannot do is
 *   skipped and no failure
 */
export function exitCodeOfRun(requirements: readonly JudgedRequirement[], asked: Asked): number {
  if (requirements.some(({ state }) => state === 'error')) return EXIT.harnessFailed;
  const conforms = requirements.every((one) => isBearable(one, asked));
  return conforms ? EXIT.conforms : EXIT.doesNotConform;
}

function isBearable(requirement: JudgedRequirement, asked: Asked): boolean {
  const { level, state } = requirement;
  if (state === 'pass' || state === 'skip') return true;
  if (state === 'not-tested') return level === 'SHOULD' || !isAsked(requirement, asked);
  return level === 'SHOULD' && state === 'fail';
}

/** Whether a run was asked for a requirement. Of a part nobody says which requirements are in it. */
export function isAsked(
  { id, chapter }: Pick<JudgedRequirement, 'id' | 'chapter'>,
  asked: Asked,
): boolean {
  const { suite, requirement } = asked;
  if (isPart(asked)) return false;
  return (suite ?? [chapter]).includes(chapter) && (requirement ?? [id]).includes(id);
}
