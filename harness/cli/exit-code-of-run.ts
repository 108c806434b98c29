import type { JudgedRequirement } from '../report/result.ts';
import { summarise, totals } from '../report/summary.ts';
import { EXIT } from './exit-code.ts';

/** Which requirements a user asks for; all of them where nothing is named. */
export type Asked = {
  readonly suite?: readonly string[];
  readonly requirement?: readonly string[];
};

/**
 * How `cvm conformance` ends.
 *
 * @param requirements all requirements as they were judged
 * @returns exit code: 4 where the harness broke; 1 where something that was judged does not hold, or a
 *   MUST that was asked for was not judged; else 0. What this host cannot do is skipped and no failure
 */
export function exitCodeOfRun(requirements: readonly JudgedRequirement[], asked: Asked): number {
  const summary = summarise(requirements);
  if (summary.error > 0) return EXIT.harnessFailed;
  const unjudged = requirements.some(
    (one) => one.level === 'MUST' && one.state === 'not-tested' && isAsked(one, asked),
  );
  return unjudged || totals(summary).failed > 0 ? EXIT.doesNotConform : EXIT.conforms;
}

function isAsked({ id, chapter }: JudgedRequirement, { suite, requirement }: Asked): boolean {
  return (suite ?? [chapter]).includes(chapter) && (requirement ?? [id]).includes(id);
}
