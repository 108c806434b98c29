import type { Result } from '../result.ts';
import { type Failure, failuresOf } from './failure.ts';
import { type Action, type Issue, labelsOf, type OurIssue } from './issue.ts';
import {
  issueText,
  type RunPage,
  titleOfFailure,
  titleOfMany,
  withoutFailure,
} from './issue-text.ts';
import { type Marker, readMarker } from './marker.ts';
import { isOver, seenIn, unseenIn } from './tracked.ts';

/** More new failures at once are one issue: they have one cause, or nobody reads them. */
const MOST_NEW = 10;

/** Half the text of an issue, in characters: what an umbrella tracks is to fit into it, beside what it says. */
const ROOM_UNDER_UMBRELLA = 32_000;

/**
 * What a tracker needs so that it tells what a run found: one issue for each way in which it failed, opened,
 * brought up to date, opened again, and closed after three nights without it. Done twice, or again after it
 * was done by half, it comes to the same.
 *
 * @param result the run
 * @param issues all issues with our label, open and closed
 * @param page a page of the run
 * @returns what is to be done, in this order; nothing where the tracker says it all
 */
export function planIssues(
  result: Result,
  issues: readonly Issue[],
  page: RunPage,
): readonly Action[] {
  const failures = failuresOf(result);
  const { ours, duplicates } = withoutDuplicates(issues);
  const trackers = ours.filter(isTracking);
  const known = new Set(trackers.flatMap(({ marker }) => Object.keys(marker.failures)));
  const fresh = failures.filter(({ fingerprint }) => !known.has(fingerprint));
  return [
    ...duplicates.map(closedAsDuplicate),
    ...trackers.flatMap((issue) => broughtUpToDate(issue, failures, result, page)),
    ...opened(fresh, result, page),
  ];
}

/** An umbrella that is closed has done its work: what comes again gets an issue of its own. */
function isTracking({ marker, state }: OurIssue): boolean {
  return marker.kind !== 'umbrella' || state === 'open';
}

/** Of two issues for one failure, left by runs that did not see each other, the older one stays. */
function withoutDuplicates(issues: readonly Issue[]) {
  const ours = issues.flatMap((issue): readonly OurIssue[] => {
    const marker = readMarker(issue.body);
    return marker === undefined ? [] : [{ ...issue, marker }];
  });
  const groups = Map.groupBy(
    ours.toSorted((a, b) => a.number - b.number),
    ({ marker }) => `${marker.kind} ${Object.keys(marker.failures).sort().join(' ')}`,
  );
  const later = [...groups.values()].flatMap((group) => group.slice(1));
  return {
    ours: ours.filter((issue) => !later.includes(issue)),
    duplicates: later.filter(({ state }) => state === 'open'),
  };
}

function closedAsDuplicate({ number, title, body }: OurIssue): Action {
  return { kind: 'duplicate', number, title, body };
}

function broughtUpToDate(
  issue: OurIssue,
  failures: readonly Failure[],
  result: Result,
  page: RunPage,
): readonly Action[] {
  const seen = failures.filter((failure) => isNewsFor(issue, failure, result));
  if (seen.length === 0 && issue.state === 'closed') return [];
  const marker = updatedMarker(issue.marker, seen, failures, result);
  const body =
    seen.length === 0 ? withoutFailure(marker, issue.body) : issueText(marker, seen, result, page);
  const { number, title } = issue;
  if (issue.state === 'closed') return [{ kind: 'reopen', number, title, body }];
  if (Object.values(marker.failures).every(isOver)) {
    return [{ kind: 'close', number, title, body }];
  }
  return isSameText(body, issue.body) ? [] : [{ kind: 'update', number, title, body }];
}

/** Whether a failure of a run is one of an issue's, and tells of a place of which no later run has spoken. */
function isNewsFor({ marker }: OurIssue, failure: Failure, { run }: Result): boolean {
  const tracked = marker.failures[failure.fingerprint];
  if (tracked === undefined) return false;
  return failure.places.some((place) => (tracked.places[place]?.lastRun ?? '') <= run.startedAt);
}

function updatedMarker(
  marker: Marker,
  seen: readonly Failure[],
  all: readonly Failure[],
  result: Result,
): Marker {
  const failures = Object.entries(marker.failures).map(([fingerprint, tracked]) => {
    const failure = seen.find((one) => one.fingerprint === fingerprint);
    if (failure !== undefined) return [fingerprint, seenIn(result, failure, tracked)] as const;
    const isFailing = all.some((one) => one.fingerprint === fingerprint);
    return [fingerprint, isFailing ? tracked : unseenIn(result, tracked)] as const;
  });
  return { ...marker, failures: Object.fromEntries(failures) };
}

function opened(fresh: readonly Failure[], result: Result, page: RunPage): readonly Action[] {
  const regressions = fresh.filter(({ kind }) => kind === 'regression');
  const alone = regressions.length > MOST_NEW ? [] : regressions;
  const together = regressions.length > MOST_NEW ? chunked(regressions, result) : [];
  const infrastructure = fresh.filter(({ kind }) => kind === 'infrastructure');
  return [
    ...[...alone, ...infrastructure].map((failure) =>
      newIssue(failure.kind, titleOfFailure(failure), [failure], result, page),
    ),
    ...together.map((many) => newIssue('umbrella', titleOfMany(many, result), many, result, page)),
  ];
}

/** As many umbrellas as what they track needs; for most runs it is one. */
function chunked(failures: readonly Failure[], result: Result): readonly (readonly Failure[])[] {
  const chunks: Failure[][] = [];
  let room = 0;
  for (const failure of failures) {
    const size = JSON.stringify([failure.fingerprint, seenIn(result, failure)]).length;
    if (chunks.length === 0 || size > room) {
      chunks.push([]);
      room = ROOM_UNDER_UMBRELLA;
    }
    chunks.at(-1)?.push(failure);
    room -= size;
  }
  return chunks;
}

function newIssue(
  kind: Marker['kind'],
  title: string,
  failures: readonly Failure[],
  result: Result,
  page: RunPage,
): Action {
  const tracked = failures.map((failure) => [failure.fingerprint, seenIn(result, failure)]);
  const marker: Marker = { version: 1, kind, failures: Object.fromEntries(tracked) };
  const body = issueText(marker, failures, result, page);
  return { kind: 'open', title, body, labels: labelsOf(marker) };
}

function isSameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n');
}
