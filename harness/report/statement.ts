import type { JudgedRequirement, Result } from './result.ts';
import { verdictOf } from './verdict.ts';

const STATEMENT = 'https://in-toto.io/Statement/v1';
const PREDICATE = 'https://in-toto.io/attestation/test-result/v0.1';

/**
 * The result as an in-toto statement, unsigned, whose subjects are the images by their digests: what a
 * policy asks for before it lets an image be deployed (in-toto Attestation Framework 1.0, Statement v1;
 * predicate Test Result v0.1).
 *
 * `PASSED` is a whole run in which everything holds. A MUST that does not hold makes it `FAILED`; one that was
 * skipped or not tested makes it `WARNED`, as do SHOULDs that do not hold, and a run of a part of the tests.
 *
 * @returns a JSON document; it may be signed as it is
 */
export function testResultStatement(result: Result): object {
  const { environment, requirements, run, suite } = result;
  const inState = (...states: readonly JudgedRequirement['state'][]) =>
    requirements.filter(({ state }) => states.includes(state)).map(({ id }) => id);
  return {
    _type: STATEMENT,
    subject: environment.images.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: PREDICATE,
    predicate: {
      result: overall(result),
      configuration: [
        {
          name: suite.name,
          ...commitDigest(suite.commit),
          annotations: { version: suite.version },
        },
        ...environment.firmware.map(({ file, sha256 }) => ({ name: file, digest: { sha256 } })),
        ...Object.entries(environment.tools).map(([name, version]) => ({
          name,
          annotations: { version },
        })),
        { name: 'run', annotations: { id: run.id, profile: run.profile, seed: String(run.seed) } },
      ],
      passedTests: inState('pass'),
      warnedTests: inState('flaky', 'skip', 'not-tested'),
      failedTests: inState('fail', 'vacuous', 'error'),
    },
  };
}

function overall(result: Result): 'PASSED' | 'WARNED' | 'FAILED' {
  const verdict = verdictOf(result);
  if (verdict === 'fails') return 'FAILED';
  const isAll = result.requirements.every(({ state }) => state === 'pass');
  return verdict === 'conforms' && isAll ? 'PASSED' : 'WARNED';
}

/** A checkout with changes is none that its commit names. */
function commitDigest(commit: string | null) {
  return commit !== null && /^[0-9a-f]{40}$/.test(commit) ? { digest: { gitCommit: commit } } : {};
}
