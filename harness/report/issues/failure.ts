import { createHash } from 'node:crypto';
import type { Finding, State } from '../../judge/finding.ts';
import type { JudgedRequirement, Result } from '../result.ts';
import { normalisedFailure } from './normalised-failure.ts';

/** Digits of a fingerprint: enough that two failures do not share one. */
const FINGERPRINT_DIGITS = 16;

/** What a tracker is told of; what was skipped or not tested has not failed. */
const FAILED: readonly State[] = ['fail', 'vacuous', 'flaky'];

/** One way in which a run failed, wherever it did. */
export type Failure = {
  /** 16 hexadecimal digits of requirement, normalised failure, stage and profile. */
  readonly fingerprint: string;
  /** `infrastructure` is the harness's or the host's failure: no verdict about an image. */
  readonly kind: 'regression' | 'infrastructure';
  /** Id of the requirement; `null` for the failures of the harness, which are one. */
  readonly requirement: string | null;
  readonly title: string;
  /** Where it was seen, each once: see {@link placeOf}. */
  readonly places: readonly string[];
  readonly findings: readonly Finding[];
};

/** The one place of what the harness or its host failed at. */
const HARNESS = 'harness';

/** All ways in which a run failed: one for each fingerprint, those of the harness as one. */
export function failuresOf(result: Result): readonly Failure[] {
  const regressions = result.requirements.flatMap((requirement) =>
    regressionsOf(requirement, result),
  );
  return [...regressions, ...infrastructureOf(result)];
}

/** Names are cut to as many characters, and so many places are told at most: an issue has room for them. */
const LONGEST_PLACE = 100;
const MOST_PLACES = 100;

/**
 * Where a finding was made: its machine, and the images of the run that are not ours, so that two runs with
 * other people's images are not taken for one.
 */
export function placeOf({ machine }: Pick<Finding, 'machine'>, { environment }: Result): string {
  const foreign = environment.images.filter(({ key }) => key === null).map(({ name }) => name);
  return [...foreign, machine ?? 'no machine'].join(' · ').slice(0, LONGEST_PLACE).toWellFormed();
}

function regressionsOf(requirement: JudgedRequirement, result: Result): readonly Failure[] {
  const failed = requirement.findings.filter(({ state }) => FAILED.includes(state));
  const { profile } = result.run;
  const groups = Map.groupBy(failed, (finding) =>
    fingerprintOf([requirement.id, normalisedFailure(finding), stageOf(finding, result), profile]),
  );
  return [...groups].map(([fingerprint, findings]) => ({
    fingerprint,
    kind: 'regression',
    requirement: requirement.id,
    title: titleOf(requirement, findings, result),
    places: placesOf(findings, result),
    findings,
  }));
}

function titleOf(
  { id, sentence }: JudgedRequirement,
  [finding]: readonly Finding[],
  result: Result,
): string {
  if (finding === undefined) throw new TypeError('a failure has a finding');
  const stage = stageOf(finding, result);
  const where = stage === 'none' ? '' : `, at ${stage}`;
  return `${id} ${finding.state} (${result.run.profile}${where}): ${sentence}`;
}

function infrastructureOf(result: Result): readonly Failure[] {
  const findings = result.requirements
    .flatMap((requirement) => requirement.findings)
    .filter(({ state }) => state === 'error');
  if (findings.length === 0) return [];
  const { profile } = result.run;
  return [
    {
      fingerprint: fingerprintOf(['infrastructure', profile]),
      kind: 'infrastructure',
      requirement: null,
      title: `The harness or its host failed (${profile})`,
      places: [HARNESS],
      findings,
    },
  ];
}

/** The last stage that the boot reached. */
function stageOf({ machine }: Finding, { boots }: Result): string {
  return boots.find(({ name }) => name === machine)?.stages.at(-1)?.stage ?? 'none';
}

function placesOf(findings: readonly Finding[], result: Result): readonly string[] {
  const places = new Set(findings.map((finding) => placeOf(finding, result)));
  return [...places].sort().slice(0, MOST_PLACES);
}

function fingerprintOf(parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return digest.slice(0, FINGERPRINT_DIGITS);
}
