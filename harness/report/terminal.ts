import type { Finding, State } from '../judge/finding.ts';
import { chaptersOf } from './chapters.ts';
import type { JudgedRequirement, Result } from './result.ts';
import { type Line, renderLines, type Style, styled } from './styled-text.ts';
import { totals } from './summary.ts';

/**
 * The result for people: every requirement by chapter, what failed with its evidence, the boots,
 * what the run depended on, the claim, and the totals alone on the last line.
 *
 * @param colours whether the terminal shows colours
 */
export function renderResult(result: Result, { colours }: { readonly colours: boolean }): string {
  const { passed, failed, skipped } = totals(result.summary);
  return renderLines(
    [
      ...chaptersOf(result).flatMap(({ chapter, requirements }) =>
        section(chapter, chapterLines(requirements)),
      ),
      ...section('boots', result.boots.flatMap(bootLines)),
      ...section('environment', environmentLines(result)),
      [styled('bold', result.claim)],
      [],
      [`${passed} passed, ${failed} failed, ${skipped} skipped`],
    ],
    colours,
  );
}

function section(title: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [[styled('bold', title)], ...lines, []];
}

/** How a state looks; told by the mark and the word, not by the colour alone. */
const MARKS: Readonly<Record<State, { readonly mark: string; readonly style: Style }>> = {
  pass: { mark: '✓', style: 'green' },
  fail: { mark: '✗', style: 'red' },
  vacuous: { mark: '✗', style: 'red' },
  flaky: { mark: '✗', style: 'red' },
  error: { mark: '!', style: 'red' },
  skip: { mark: '-', style: 'yellow' },
  'not-tested': { mark: '-', style: 'yellow' },
};

/** Of more than two that are skipped for one reason the reason is told once. */
const MOST_SKIPPED = 2;

function chapterLines(requirements: readonly JudgedRequirement[]): readonly Line[] {
  const bySkip = Map.groupBy(requirements, skipReason);
  return requirements.flatMap((requirement) => {
    const reason = skipReason(requirement);
    const alike = reason === undefined ? [] : (bySkip.get(reason) ?? []);
    if (alike.length <= MOST_SKIPPED) return requirementLines(requirement);
    return alike[0] === requirement ? skippedLines(alike) : [];
  });
}

/** Why a requirement was skipped, where that is one sentence. */
function skipReason({ state, findings }: JudgedRequirement): string | undefined {
  return state === 'skip' && findings.length === 1 ? findings[0]?.sentence : undefined;
}

function skippedLines(alike: readonly JudgedRequirement[]): readonly Line[] {
  const { mark, style } = MARKS.skip;
  const ids = alike.map(({ id }) => id).join(', ');
  const [reason] = alike.flatMap(({ findings }) => findings).flatMap(findingLines);
  return [['  ', styled(style, mark), ` ${ids} (skip)`], ...(reason === undefined ? [] : [reason])];
}

function requirementLines(requirement: JudgedRequirement): readonly Line[] {
  const { id, level, sentence, state, findings } = requirement;
  const { mark, style } = MARKS[state];
  const word = state === 'pass' ? '' : ` (${state})`;
  return [
    ['  ', styled(style, mark), ` ${id} `, styled('dim', level.padEnd(6)), ` ${sentence}${word}`],
    ...findings.filter((finding) => finding.state !== 'pass').flatMap(findingLines),
  ];
}

function findingLines(finding: Finding): readonly Line[] {
  const { machine, state, sentence, expected, observed, witness, evidence, reproduce } = finding;
  const where = machine === null ? '' : `${machine}: `;
  const head = [`      ${where}`, styled(MARKS[state].style, state), `: ${shortened(sentence)}`];
  if (state === 'skip' || state === 'not-tested') return [head];
  return [
    head,
    field('expected', expected),
    field('observed', observed),
    field('witness', witness),
    ...(evidence === null ? [] : [field('evidence', evidence)]),
    ...(reproduce === null ? [] : [field('again', reproduce)]),
  ];
}

function field(name: string, text: string): Line {
  return ['        ', styled('dim', name.padEnd(9)), shortened(text)];
}

/** A guest may have a lot to say; the evidence has all of it. */
const LONGEST_TEXT = 600;

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

function bootLines({ name, state, seconds, stages, dossier }: Result['boots'][number]): Line[] {
  const { mark, style } = MARKS[state];
  const times = stages.map(({ stage, atMs }) => `${stage} ${inSeconds(atMs / 1000)}`).join(', ');
  return [
    ['  ', styled(style, mark), ` ${name}  ${inSeconds(seconds)}  `, styled('dim', dossier)],
    ...(times === '' ? [] : [[`      ${times}`]]),
  ];
}

function environmentLines({ run, suite, accelerator, environment }: Result): readonly Line[] {
  const { host, tools, firmware, images } = environment;
  const { cpuModel, cores, memoryMiB, os, kernel } = host;
  const asked = `asked for: ${accelerator.asked}`;
  return [
    fact('suite', `${suite.name} ${suite.version}, commit ${suite.commit ?? 'unknown'}`),
    fact('run', `${run.id}, profile ${run.profile}, seed ${run.seed}, ${inSeconds(run.seconds)}`),
    fact('again', run.command),
    fact('host', `${os}, Linux ${kernel}, ${cpuModel}, ${cores} cores, ${memoryMiB} MiB`),
    fact('runs on', `${accelerator.name} (${asked}): ${accelerator.reason}`),
    ...Object.entries(tools).map(([tool, version]) => fact('tool', `${tool}: ${version}`)),
    ...firmware.map(firmwareLine),
    ...images.map(({ name, sha256 }) => fact('image', `${name} sha256 ${sha256}`)),
  ];
}

function firmwareLine(file: Result['environment']['firmware'][number]): Line {
  const { generation, sha256, expectedSha256, matches } = file;
  const line = fact('firmware', `${file.file} (${generation ?? 'not in the manifest'})`);
  if (matches) return line;
  const expected = expectedSha256 === null ? '' : `, expected ${expectedSha256}`;
  return [...line, ' ', styled('red', `is not the manifest's: sha256 ${sha256}${expected}`)];
}

function fact(name: string, text: string): Line {
  return ['  ', styled('dim', name.padEnd(9)), text];
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
