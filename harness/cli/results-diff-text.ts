import { printable } from '../bytes/format-error.ts';
import type {
  EnvironmentChange,
  OnlyOne,
  StageTiming,
  StateChange,
} from '../report/diff-results.ts';
import type { DiffReport } from './results-diff.ts';

/** A stage is told of where it takes so much longer or shorter, as a factor, */
const FACTOR = 1.25;

/** and so many milliseconds: less is noise. */
const LEAST_MS = 1000;

/**
 * The difference of two runs for people: environment first, then requirements, events, timings.
 *
 * @returns lines, each ended by a line feed
 */
export function renderDiff(diff: DiffReport): string {
  const parts = [
    part('environment', diff.environment.map(environmentLine)),
    part('improved', diff.improved.map(stateLine)),
    part('REGRESSED', diff.regressed.map(stateLine)),
    part('changed, without a pass on either side', diff.changed.map(stateLine)),
    part('added', diff.added.map(onlyLine)),
    part('removed', diff.removed.map(onlyLine)),
    part('events', eventLines(diff)),
    part('timings', diff.timings.filter(isTelling).map(timingLine)),
    part('not compared', diff.unseen),
  ];
  const lines = parts.flat();
  const told = lines.length === 0 ? ['nothing differs'] : lines;
  return told.map((line) => `${printable(line)}\n`).join('');
}

function part(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function environmentLine({ what, a, b }: EnvironmentChange): string {
  return `${what}: ${a ?? 'not there'} → ${b ?? 'not there'}`;
}

function stateLine({ id, level, a, b, why }: StateChange): string {
  return `${id} ${level}: ${a} → ${b}${why === null ? '' : `: ${why}`}`;
}

function onlyLine({ id, state }: OnlyOne): string {
  return `${id} (${state})`;
}

/** Words where there are some; else which event differs first. */
function eventLines({ events, explanations }: DiffReport): readonly string[] {
  const inWords = explanations.map(({ machine, pcr, sentence, input }) => {
    const where = pcr === null ? machine : `${machine}, PCR ${pcr}`;
    return `${where}: ${sentence} (input: ${input})`;
  });
  const explained = new Set(explanations.map(({ machine, pcr }) => `${machine} ${pcr}`));
  const others = events
    .filter(({ machine, pcr }) => !explained.has(`${machine} ${pcr}`))
    .map(
      ({ machine, pcr, index, a, b }) =>
        `${machine}, PCR ${pcr}: event ${index}: ${nameOf(a)} → ${nameOf(b)}`,
    );
  return [...inWords, ...others];
}

function nameOf(event: DiffReport['events'][number]['a']): string {
  return event === null ? 'none' : `${event.type} ${event.description}`;
}

function isTelling({ aMs, bMs }: StageTiming): boolean {
  const [less, more] = [Math.min(aMs, bMs), Math.max(aMs, bMs)];
  return more - less >= LEAST_MS && more >= less * FACTOR;
}

function timingLine({ machine, stage, aMs, bMs }: StageTiming): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return `${machine}, ${stage}: ${seconds(aMs)} → ${seconds(bMs)}`;
}
