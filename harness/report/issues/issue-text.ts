import type { Finding } from '../../judge/finding.ts';
import type { Result } from '../result.ts';
import type { Failure } from './failure.ts';
import { inertBlock, inertLine } from './inert-text.ts';
import { type Marker, markerLine, type TrackedFailure } from './marker.ts';
import { GREEN_NIGHTS, isOver } from './tracked.ts';

/** GitHub takes titles of 256 characters. */
const LONGEST_TITLE = 200;

/** GitHub takes texts of 65 536 characters. */
const LONGEST_BODY = 65_000;

/** More findings of one failure are counted. */
const MOST_FINDINGS = 5;

/** Ends what is written anew by each run; nothing foreign stands before it. */
const DETAILS = '<!-- cvm-conformance: details -->';

/** A page that belongs to a run, e.g. that of its job; written as a link where it is one. */
export type RunPage = string | undefined;

/** The title of an issue for one failure. */
export function titleOfFailure({ title }: Failure): string {
  return inertLine(title, LONGEST_TITLE);
}

/** The title of an issue for many failures. */
export function titleOfMany(failures: readonly Failure[], { run }: Result): string {
  const night = run.startedAt.slice(0, 'YYYY-MM-DD'.length);
  return `${failures.length} new failures at once (${run.profile}, ${night})`;
}

/** The text of an issue, from a run that shows what it tracks. */
export function issueText(
  marker: Marker,
  failures: readonly Failure[],
  result: Result,
  page: RunPage,
): string {
  const details =
    failures.length === 1 ? failures.flatMap(findingsOf) : failures.flatMap(summaryOf);
  return joined(marker, [
    '',
    ...originOf(result, page),
    '',
    ...details,
    '',
    'This text is written anew by each run that shows the failure: what you know of it belongs in a comment.',
  ]);
}

/** The text of an issue, from a run that does not show what it tracks: what was seen last stays. */
export function withoutFailure(marker: Marker, body: string): string {
  const lines = body.split(/\r?\n/);
  return joined(marker, lines.slice(lines.indexOf(DETAILS) + 1));
}

function joined(marker: Marker, details: readonly string[]): string {
  const head = [markerLine(marker), '', statusOf(marker), '', DETAILS];
  const room = LONGEST_BODY - head.join('\n').length;
  return [...head, ...fitting(details, room)].join('\n');
}

function statusOf({ failures }: Marker): string {
  const tracked = Object.values(failures);
  const over = tracked.filter(isOver).length;
  if (over === tracked.length) return `Not seen for ${GREEN_NIGHTS} nights.`;
  if (tracked.length > 1)
    return `${over} of ${tracked.length} not seen for ${GREEN_NIGHTS} nights.`;
  const nights = Math.min(...tracked.map(nightsOf));
  return nights === 0
    ? 'Seen in the last run that looked.'
    : `Not seen for ${nights} of ${GREEN_NIGHTS} nights.`;
}

function nightsOf({ places }: TrackedFailure): number {
  return Math.min(...Object.values(places).map(({ green }) => green.length));
}

function originOf({ run, suite, accelerator, environment }: Result, page: RunPage) {
  const { images, firmware, tools } = environment;
  const lines = [
    `run        ${run.id}, ${run.startedAt}, profile ${run.profile}, ${accelerator.name}`,
    `command    ${run.command}`,
    `suite      ${suite.name} ${suite.version}, commit ${suite.commit ?? 'unknown'}`,
    ...(page === undefined ? [] : [`page       ${page}`]),
    ...images.map(({ name, sha256 }) => `image      ${name} sha256:${sha256}`),
    ...firmware.map(({ file, sha256 }) => `firmware   ${file} sha256:${sha256}`),
    ...Object.entries(tools).map(([name, version]) => `tool       ${name}: ${version}`),
  ];
  return inertBlock(lines.join('\n'));
}

function findingsOf({ findings, places }: Failure): readonly string[] {
  const shown = findings.slice(0, MOST_FINDINGS).flatMap((finding) => [...blockOf(finding), '']);
  const more = findings.length - MOST_FINDINGS;
  return [
    'Seen on:',
    '',
    ...inertBlock(places.join('\n')),
    '',
    ...shown,
    ...(more > 0 ? [`${more} more findings of the same kind are in the run’s result.`] : []),
  ];
}

function summaryOf({ title, places, fingerprint }: Failure): readonly string[] {
  return [...inertBlock(`${title}\n${fingerprint}  ${places.join(', ')}`), ''];
}

function blockOf(finding: Finding): readonly string[] {
  const { requirement, machine, state, sentence, expected, observed } = finding;
  return inertBlock(
    [
      `${requirement} on ${machine ?? 'no machine'}: ${state}: ${sentence}`,
      `expected   ${expected}`,
      `observed   ${observed}`,
      `evidence   ${finding.evidence ?? 'none'} (${finding.witness})`,
      `reproduce  ${finding.reproduce ?? 'not by a command'}`,
    ].join('\n'),
  );
}

/** Whole blocks as far as there is room for them; a block that is cut open would be Markdown. */
function fitting(lines: readonly string[], room: number): readonly string[] {
  if (lines.join('\n').length <= room) return lines;
  const cut = '… more is in the run’s result.';
  let length = cut.length;
  let kept = 0;
  let fence: string | undefined;
  for (const [index, line] of lines.entries()) {
    length += line.length + 1;
    if (length > room) break;
    if (fence === undefined) fence = /^(`{3,})text$/.exec(line)?.[1];
    else if (line === fence) fence = undefined;
    if (fence === undefined) kept = index + 1;
  }
  return [...lines.slice(0, kept), cut];
}
