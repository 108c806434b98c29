import type { State } from '../judge/finding.ts';
import { chaptersOf } from './chapters.ts';
import { headlineOf } from './claim.ts';
import { describeFinding } from './describe-finding.ts';
import { inertBlock, inertLine } from './issues/inert-text.ts';
import type { JudgedRequirement, Result } from './result.ts';
import { totals } from './summary.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** A job's summary page takes 1 MiB; what failed is told in full until here, and then only counted. */
const MOST_TOLD = 40;

const LONGEST_LINE = 400;

/** A claim names what was not judged, for up to six causes. */
const LONGEST_CLAIM = 4000;

const MARKS: Readonly<Record<State, string>> = {
  pass: '✅',
  fail: '❌',
  vacuous: '❌',
  flaky: '❌',
  error: '💥',
  skip: '⏭️',
  'not-tested': '⏭️',
};

const VERDICTS: Readonly<Record<Verdict, string>> = {
  conforms: '✅',
  fails: '❌',
  open: '⚠️',
};

/**
 * The result for the summary page of a CI job, in GitHub's Markdown: the claim, a table of chapters, and what
 * did not hold with its evidence. Nothing that a guest or an image said is read as Markdown or HTML.
 */
export function markdownSummary(result: Result): string {
  const { passed, failed, skipped } = totals(result.summary);
  const bad = result.requirements.filter(isBad);
  return [
    `# ${VERDICTS[verdictOf(result)]} ${headlineOf(result)}`,
    '',
    inertLine(result.claim, LONGEST_CLAIM),
    '',
    `**${passed} passed, ${failed} failed, ${skipped} skipped** of ${result.requirements.length} requirements, ` +
      `profile ${result.run.profile}, ${result.accelerator.name}, ${result.run.seconds.toFixed(0)} s`,
    '',
    ...chapterTable(result),
    ...(bad.length === 0 ? [] : ['', '## What does not hold']),
    ...bad.slice(0, MOST_TOLD).flatMap(told),
    ...(bad.length > MOST_TOLD ? ['', `${bad.length - MOST_TOLD} more, in report.html.`] : []),
    '',
    '## Again',
    '',
    ...inertBlock(result.run.command),
    '',
  ].join('\n');
}

function chapterTable(result: Result): readonly string[] {
  return [
    '| chapter | passed | failed | error | skipped |',
    '|---|---|---|---|---|',
    ...chaptersOf(result).map(({ chapter, requirements }) => {
      const count = (...states: readonly State[]) =>
        requirements.filter(({ state }) => states.includes(state)).length;
      const counts = [
        count('pass'),
        count('fail', 'vacuous', 'flaky'),
        count('error'),
        count('skip', 'not-tested'),
      ];
      return `| ${inert(chapter)} | ${counts.join(' | ')} |`;
    }),
  ];
}

function isBad({ state }: { readonly state: State }): boolean {
  return state !== 'pass' && state !== 'skip' && state !== 'not-tested';
}

function told({ id, level, sentence, state, findings }: JudgedRequirement): readonly string[] {
  const telling = findings.filter(isBad);
  return [
    '',
    `### ${MARKS[state]} ${inert(id)} (${level}, ${state})`,
    '',
    inert(sentence),
    ...telling.flatMap((finding) => ['', ...inertBlock(describeFinding(finding))]),
  ];
}

function inert(text: string): string {
  return inertLine(text, LONGEST_LINE);
}
