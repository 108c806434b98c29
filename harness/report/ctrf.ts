import type { State } from '../judge/finding.ts';
import { describeFinding } from './describe-finding.ts';
import type { JudgedRequirement, Result } from './result.ts';

/** Version of the specification that the report keeps to. */
const SPEC_VERSION = '0.0.0';

type Status = 'passed' | 'failed' | 'skipped' | 'pending' | 'other';

/**
 * CTRF has no word for a harness that broke: `other` is what is neither a pass nor a verdict. The state
 * itself is the raw status.
 */
const STATUSES: Readonly<Record<State, Status>> = {
  pass: 'passed',
  fail: 'failed',
  vacuous: 'failed',
  flaky: 'failed',
  error: 'other',
  skip: 'skipped',
  'not-tested': 'pending',
};

/**
 * The result in the Common Test Report Format: a test for each requirement. How long a requirement took is
 * not known, as one boot serves many: durations are 0.
 *
 * @returns a JSON document (CTRF 0.0.0, https://ctrf.io)
 */
export function ctrfReport(result: Result): object {
  const { run, suite, environment, requirements } = result;
  const count = (status: Status) =>
    requirements.filter(({ state }) => STATUSES[state] === status).length;
  const [start, stop] = [Date.parse(run.startedAt), Date.parse(run.finishedAt)];
  return {
    reportFormat: 'CTRF',
    specVersion: SPEC_VERSION,
    runId: run.id,
    timestamp: run.finishedAt,
    generatedBy: suite.name,
    results: {
      tool: { name: suite.name, version: suite.version },
      summary: {
        tests: requirements.length,
        passed: count('passed'),
        failed: count('failed'),
        skipped: count('skipped'),
        pending: count('pending'),
        other: count('other'),
        start,
        stop,
        duration: stop - start,
      },
      tests: requirements.map(testOf),
      environment: {
        reportName: result.claim,
        ...(suite.commit !== null && { commit: suite.commit }),
        osPlatform: 'linux',
        osRelease: environment.host.kernel,
        osVersion: environment.host.os,
        testEnvironment: `profile ${run.profile}, ${result.accelerator.name}`,
        extra: { tools: environment.tools, images: environment.images },
      },
    },
  };
}

function testOf(requirement: JudgedRequirement): object {
  const { id, chapter, level, sentence, citation, state, findings } = requirement;
  const telling = findings.filter((finding) => finding.state !== 'pass');
  const message = telling.find((finding) => finding.state === state)?.sentence;
  return {
    testId: id,
    name: `${id} ${sentence}`,
    status: STATUSES[state],
    rawStatus: state,
    duration: 0,
    suite: [chapter],
    tags: [level],
    ...(message !== undefined && { message }),
    ...(telling.length > 0 && { trace: telling.map(describeFinding).join('\n\n') }),
    extra: { citation },
  };
}
