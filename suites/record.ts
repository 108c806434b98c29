import { printable } from '../harness/bytes/format-error.ts';
import { DOSSIER_INDEX } from '../harness/evidence/dossier.ts';
import type { Finding } from '../harness/judge/finding.ts';
import type { Judgement } from '../harness/judge/judgement.ts';
import type { ResultTable } from '../harness/report/table.ts';
import { isVerdict } from './is-verdict.ts';
import type { Requirement } from './requirements/requirement.ts';

/**
 * The deadlines of boot stages end a test that hangs, and name the stage; this one is behind them. Tests
 * that run side by side begin together, and wait until they are let in.
 */
export const TEST_MS = 14_400_000;

/** What a test keeps for the run's result; plain data, because it crosses from the worker. */
type Meta = {
  requirement?: string;
  findings?: readonly Finding[];
  tables?: readonly ResultTable[];
};

/** What a test sees. */
type Judged = {
  readonly flaky: boolean;
  readonly judgements: readonly Judgement[];
  /** Tables of the result, or rows of them: tests that name the same one add to it. */
  readonly tables?: readonly ResultTable[];
};

/**
 * Turns what a test sees into findings, and fails the test where one of them is no pass.
 *
 * @param directory holds the evidence; relative to the run's directory
 */
export async function record(
  meta: Meta,
  id: Requirement['id'],
  machine: string,
  directory: string,
  run: () => Promise<Judged>,
): Promise<void> {
  meta.requirement = id;
  const about = {
    requirement: id,
    machine,
    reproduce: `npm run conformance -- --requirement ${id}`,
  };
  const findings = await run().then(
    ({ flaky, judgements, tables }) => {
      if (tables !== undefined) meta.tables = tables;
      return (judgements.length === 0 ? [NOTHING_JUDGED] : judgements).map(
        ({ file, state, ...judgement }) => ({
          ...about,
          ...judgement,
          state: state === 'pass' && flaky ? ('flaky' as const) : state,
          evidence: `${directory}/${file}`,
        }),
      );
    },
    (error: unknown) => [{ ...about, ...findingOfError(error, directory) }],
  );
  meta.findings = findings;
  const bad = findings.find(({ state }) => state !== 'pass' && state !== 'skip');
  if (bad !== undefined) throw new Error(`${bad.state}: ${bad.sentence}`);
}

/** A test that judges nothing proves nothing. */
const NOTHING_JUDGED: Judgement = {
  state: 'vacuous',
  sentence: 'the test made no judgement',
  expected: 'a judgement',
  observed: 'none',
  witness: 'host file',
  file: DOSSIER_INDEX,
};

/** A boot that did not come up: the image's doing, unless a tool of the harness broke. */
function findingOfError(error: unknown, directory: string) {
  const message = error instanceof Error ? printable(error.message) : 'an unknown error';
  return {
    state: isVerdict(error) ? ('fail' as const) : ('error' as const),
    sentence: message,
    expected: 'a boot whose evidence can be judged',
    observed: message,
    witness: 'console' as const,
    evidence: `${directory}/console.log`,
  };
}
