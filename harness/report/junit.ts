import { chaptersOf } from './chapters.ts';
import { describeFinding } from './describe-finding.ts';
import type { JudgedRequirement, Result } from './result.ts';
import { type XmlElement, xmlDocument } from './xml.ts';

/**
 * The result as JUnit XML, as CI systems read it: a suite for each chapter, a case for each
 * requirement, and what JUnit has no name for as properties. JUnit knows four outcomes: `fail`,
 * `vacuous` and `flaky` are failures, `error` is an error, `skip` and `not-tested` are skipped; the
 * state itself is the type of the failure.
 *
 * There is no standard; this keeps to the elements that Jenkins' and GitLab's readers share.
 */
export function junitXml(result: Result): string {
  return xmlDocument({
    name: 'testsuites',
    attributes: {
      name: result.suite.name,
      ...counts(result.requirements),
      time: result.run.seconds.toFixed(3),
      timestamp: result.run.startedAt,
    },
    children: chaptersOf(result).map(({ chapter, requirements }) => ({
      name: 'testsuite',
      attributes: { name: chapter, ...counts(requirements), timestamp: result.run.startedAt },
      children: [properties(ofRun(result)), ...requirements.map(testCase)],
    })),
  });
}

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

const OUTCOMES: Readonly<Record<JudgedRequirement['state'], Outcome>> = {
  pass: 'passed',
  fail: 'failure',
  vacuous: 'failure',
  flaky: 'failure',
  error: 'error',
  skip: 'skipped',
  'not-tested': 'skipped',
};

function counts(requirements: readonly JudgedRequirement[]) {
  const ofOutcome = (outcome: Outcome) =>
    requirements.filter(({ state }) => OUTCOMES[state] === outcome).length;
  return {
    tests: requirements.length,
    failures: ofOutcome('failure'),
    errors: ofOutcome('error'),
    skipped: ofOutcome('skipped'),
  };
}

function testCase(requirement: JudgedRequirement): XmlElement {
  const { id, chapter, sentence, state } = requirement;
  return {
    name: 'testcase',
    attributes: { name: `${id} ${sentence}`, classname: chapter },
    children: [properties(ofRequirement(requirement)), ...outcome(state, requirement)],
  };
}

function outcome(
  state: JudgedRequirement['state'],
  { findings }: JudgedRequirement,
): readonly XmlElement[] {
  const name = OUTCOMES[state];
  if (name === 'passed') return [];
  const telling = findings.filter((finding) => finding.state !== 'pass');
  const message = telling.find((finding) => finding.state === state)?.sentence ?? state;
  if (name === 'skipped') return [{ name, attributes: { message }, children: [] }];
  const text = telling.map(describeFinding).join('\n\n');
  return [{ name, attributes: { type: state, message }, children: [], text }];
}

type Property = readonly [name: string, value: string];

function ofRun({ run, suite, accelerator, claim }: Result): readonly Property[] {
  return [
    ['run', run.id],
    ['version', suite.version],
    ['commit', suite.commit ?? 'unknown'],
    ['profile', run.profile],
    ['accelerator', accelerator.name],
    ['claim', claim],
  ];
}

function ofRequirement({
  id,
  level,
  state,
  citation,
  findings,
}: JudgedRequirement): readonly Property[] {
  const machines = new Set(findings.flatMap(({ machine }) => machine ?? []));
  return [
    ['requirement', id],
    ['level', level],
    ['state', state],
    ['citation', citation],
    ...[...machines].map((machine): Property => ['machine', machine]),
  ];
}

function properties(pairs: readonly Property[]): XmlElement {
  const children = pairs.map(
    ([name, value]): XmlElement => ({
      name: 'property',
      attributes: { name, value },
      children: [],
    }),
  );
  return { name: 'properties', attributes: {}, children };
}
