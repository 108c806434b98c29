import type { JudgedRequirement, Result } from './result.ts';

/** More are counted, not listed. */
const MOST_LISTED = 5;

/** Enough of a digest to tell images apart in a sentence; the result has all of it. */
const DIGEST_START = 12;

/**
 * What a run shows of the images it booted, as a function of states alone: there is a claim of
 * conformance only where every MUST passed. One that failed, broke, proved nothing, was flaky, was
 * skipped or was not tested is none that passed.
 *
 * @returns one sentence
 */
export function claimOf(result: Omit<Result, 'claim'>): string {
  const { must, should } = result.summary;
  const unmet = result.requirements.filter(
    ({ level, state }) => level === 'MUST' && state !== 'pass',
  );
  const part = partOf(result);
  if (part !== undefined) return `No claim: ${part} was run.`;
  if (must.total === 0) return 'No claim: there is no MUST requirement.';
  if (unmet.length > 0) {
    return `No claim: ${must.met} of ${must.total} MUST requirements are met; not met: ${listed(unmet)}.`;
  }
  const { name, version } = result.suite;
  const shoulds = should.total === 0 ? '' : ` and ${should.met} of ${should.total} SHOULD`;
  const levels = `all ${must.total} MUST${shoulds} requirements`;
  const where = `profile ${result.run.profile}, under ${result.accelerator.name.toUpperCase()}`;
  return `${subject(result)} ${levels} of ${name} ${version}, ${where}.`;
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

/** Many that were skipped are counted, so that what failed is seen. */
function listed(unmet: readonly JudgedRequirement[]): string {
  const skipped = unmet.filter(({ state }) => state === 'skip');
  const named =
    skipped.length > MOST_LISTED ? unmet.filter((one) => !skipped.includes(one)) : unmet;
  const shown = named.slice(0, MOST_LISTED).map(({ id, state }) => `${id} (${state})`);
  const more = named.length - shown.length;
  return [
    ...shown,
    ...(more > 0 ? [`${more} more`] : []),
    ...(named === unmet ? [] : [`${skipped.length} skipped`]),
  ].join(', ');
}

function subject({ environment: { images } }: Omit<Result, 'claim'>): string {
  const names = images.map(
    ({ name, sha256 }) => `${name} (sha256 ${sha256.slice(0, DIGEST_START)}…)`,
  );
  if (names.length === 0) return 'What was judged meets';
  if (names.length === 1) return `Image ${names[0]} meets`;
  return `Images ${names.join(', ')} meet`;
}
