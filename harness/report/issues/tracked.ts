import type { Result } from '../result.ts';
import { type Failure, placeOf } from './failure.ts';
import type { TrackedFailure } from './marker.ts';

/** So many nights in a row without the failure end it. */
export const GREEN_NIGHTS = 3;

const DATE_LENGTH = 'YYYY-MM-DD'.length;

/** A failure as it is tracked from the run on that shows it. */
export function seenIn(result: Result, failure: Failure, before?: TrackedFailure): TrackedFailure {
  const seen = { lastRun: result.run.startedAt, green: [] };
  const places = Object.fromEntries(failure.places.map((place) => [place, seen]));
  const { requirement } = failure;
  return {
    requirement,
    profile: result.run.profile,
    places: { ...before?.places, ...newerOf(places, before) },
  };
}

/** A run that began before the one that spoke last of a place says nothing new of it. */
function newerOf(
  places: TrackedFailure['places'],
  before: TrackedFailure | undefined,
): TrackedFailure['places'] {
  return Object.fromEntries(
    Object.entries(places).filter(([place, { lastRun }]) => {
      const known = before?.places[place];
      return known === undefined || known.lastRun <= lastRun;
    }),
  );
}

/**
 * A failure as it is tracked from a run on that does not show it. A place counts as green where the run
 * judged it, and it passed; what was skipped, broke, failed otherwise, or was not looked at is no pass.
 */
export function unseenIn(result: Result, tracked: TrackedFailure): TrackedFailure {
  if (tracked.profile !== result.run.profile) return tracked;
  const places = Object.entries(tracked.places).map(([name, place]) => {
    if (result.run.startedAt < place.lastRun || !passed(name, tracked, result)) {
      return [name, place] as const;
    }
    const night = result.run.startedAt.slice(0, DATE_LENGTH);
    const green = [...new Set([...place.green, night])].slice(-GREEN_NIGHTS);
    return [name, { lastRun: result.run.startedAt, green }] as const;
  });
  return { ...tracked, places: Object.fromEntries(places) };
}

/** Whether a failure has stayed away for long enough. */
export function isOver({ places }: TrackedFailure): boolean {
  return Object.values(places).every(({ green }) => green.length >= GREEN_NIGHTS);
}

function passed(place: string, { requirement }: TrackedFailure, result: Result): boolean {
  if (requirement === null) return harnessWorked(result);
  const findings = result.requirements.find(({ id }) => id === requirement)?.findings ?? [];
  const here = findings.filter((finding) => placeOf(finding, result) === place);
  return here.length > 0 && here.every(({ state }) => state === 'pass');
}

/** Of a run in which nothing broke: whether it judged anything. */
function harnessWorked({ requirements }: Result): boolean {
  return requirements.some(({ findings }) => findings.some(({ state }) => state === 'pass'));
}
