import type { JudgedRequirement, Result } from './result.ts';

/** More are counted, not listed. */
const MOST_LISTED = 5;

/** Enough of a digest to tell images apart in a sentence; the result has all of it. */
const DIGEST_START = 12;

/**
 * What a run shows of the images it booted, as a function of states alone: there is a claim of
 * conformance only where every MUST passed. One that failed, broke, proved nothing, was flaky, was
 * skipped or was not tested is none that passed. Where nothing that was judged fails, that much is said, and
 * why the rest was not judged.
 *
 * @returns one sentence
 */
export function claimOf(result: Omit<Result, 'claim'>): string {
  const { must, should } = result.summary;
  const part = partOf(result);
  if (part !== undefined) return `No claim: ${part} was run.`;
  if (must.total === 0) return 'No claim: there is no MUST requirement.';
  const unmet = result.requirements.filter(
    ({ level, state }) => level === 'MUST' && state !== 'pass',
  );
  const unjudged = unmet.filter(isUnjudged);
  if (unmet.length > unjudged.length) return shortcoming(result, unmet);
  const where =
    `${result.suite.name} ${result.suite.version}, profile ${result.run.profile}, ` +
    `under ${result.accelerator.name.toUpperCase()}`;
  if (unjudged.length > 0) {
    const were = unjudged.length === 1 ? 'was' : 'were';
    const why = `${unjudged.length} ${were} not judged: ${causes(unjudged)}`;
    if (must.met === 0) return `No claim: of ${must.total} MUST requirements ${why}.`;
    return (
      `${subject(result)} ${must.met} of ${must.total} MUST requirements of ${where}, all that were ` +
      `judged; no claim of conformance, as ${why}.`
    );
  }
  const shoulds = should.total === 0 ? '' : ` and ${should.met} of ${should.total} SHOULD`;
  return `${subject(result)} all ${must.total} MUST${shoulds} requirements of ${where}.`;
}

/**
 * How many MUSTs are met, and how many nobody has judged: what stands above the claim.
 *
 * @returns a few words without a full stop
 */
export function headlineOf({ requirements, summary: { must } }: Omit<Result, 'claim'>): string {
  const unjudged = requirements.filter((one) => one.level === 'MUST' && isUnjudged(one)).length;
  const rest = unjudged > 0 ? `, ${unjudged} not judged` : '';
  return `${must.met} of ${must.total} MUST requirements are met${rest}`;
}

/**
 * A part of the tests judges some of a requirement's machines, which is less than it asks for.
 *
 * @returns which part was run, in words; `undefined` where all was
 */
export function partOf(result: Pick<Result, 'run'>): string | undefined {
  const { interrupted, quick, shard } = result.run;
  if (interrupted === true) return 'only what came before an interruption';
  if (quick === true) return 'only the quick selection';
  return shard && `only part ${shard.index} of ${shard.total}`;
}

function isUnjudged({ state }: JudgedRequirement): boolean {
  return state === 'skip' || state === 'not-tested';
}

/** What was not judged is counted, so that what failed is seen. */
function shortcoming(
  { summary: { must } }: Pick<Result, 'summary'>,
  unmet: readonly JudgedRequirement[],
): string {
  const judged = unmet.filter((one) => !isUnjudged(one));
  const shown = judged.slice(0, MOST_LISTED).map(({ id, state }) => `${id} (${state})`);
  const more = judged.length > MOST_LISTED ? [`${judged.length - MOST_LISTED} more`] : [];
  const rest = unmet.length - judged.length;
  return (
    `No claim: ${must.met} of ${must.total} MUST requirements are met; ` +
    `not met: ${[...shown, ...more].join(', ')}${rest > 0 ? `; ${rest} not judged` : ''}.`
  );
}

/** Why requirements were not judged, the most frequent cause first. */
function causes(unjudged: readonly JudgedRequirement[]): string {
  const groups = [...Map.groupBy(unjudged, causeOf)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  const shown = groups.slice(0, MOST_LISTED).map(([cause, alike]) => `${which(alike)} (${cause})`);
  const others = groups.slice(MOST_LISTED).flatMap(([, alike]) => alike);
  return [...shown, ...(others.length > 0 ? [`${others.length} for other causes`] : [])].join('; ');
}

function which(alike: readonly JudgedRequirement[]): string {
  return alike.length > MOST_LISTED ? `${alike.length}` : alike.map(({ id }) => id).join(', ');
}

/** What was skipped tells in `observed` what stood in its way. */
function causeOf({ state, findings }: JudgedRequirement): string {
  const telling = findings.find((finding) => finding.state === state);
  if (telling === undefined) return 'not looked at';
  return state === 'skip' ? telling.observed : telling.sentence;
}

function subject({ environment: { images } }: Omit<Result, 'claim'>): string {
  const names = images.map(
    ({ name, sha256 }) => `${name} (sha256 ${sha256.slice(0, DIGEST_START)}…)`,
  );
  if (names.length === 0) return 'What was judged meets';
  if (names.length === 1) return `Image ${names[0]} meets`;
  return `Images ${names.join(', ')} meet`;
}
