import { dirname, join } from 'node:path';
import { printable } from '../bytes/format-error.ts';
import { writeFileAtomically } from '../host/atomic-file.ts';
import type { Result } from '../report/result.ts';
import { totals } from '../report/summary.ts';
import { EXIT } from './exit-code.ts';
import { type Asked, exitCodeOfRun } from './exit-code-of-run.ts';
import type { HostSession } from './host-session.ts';
import { print } from './output.ts';
import { type DiffReport, diffReport } from './results-diff.ts';
import { renderDiff } from './results-diff-text.ts';
import { linkLatest } from './write-result.ts';

/** Name of the file in the second run's folder with what differs from the first. */
const PAIR_FILE = 'against-diff.json';

/** One of two runs that were made to be held against each other. */
type EndedSide = { readonly name: string; readonly run: string; readonly result: Result };

/** Two runs that are over. */
export type EndedPair = {
  readonly a: EndedSide;
  readonly b: EndedSide;
  /** Which requirements both were asked for. */
  readonly asked: Asked;
  readonly json: boolean;
};

/**
 * Tells what differs between two runs whose results are written, keeps it, and ends the session; `latest` is the second.
 *
 * @returns exit code, as {@link exitCodeOfPair}
 * @throws Interrupted at Ctrl-C
 */
export async function closePair(
  { a, b, asked, json }: EndedPair,
  session: HostSession,
): Promise<number> {
  session.step('what differs');
  const diff = await diffReport(a.run, b.run);
  await writeFileAtomically(join(b.run, PAIR_FILE), `${JSON.stringify(diff, null, 1)}\n`);
  await linkLatest(dirname(b.run), b.run);
  session.signal.throwIfAborted();
  await session.close();
  print({ a: a.result, b: b.result, diff }, json, () => renderPair(a, b, diff));
  return exitCodeOfPair(a.result, b.result, diff, asked);
}

/**
 * How two runs end that were held against each other.
 *
 * @returns exit code: 4 where the harness broke in either; 1 where B does not conform, or has lost what A has; else
 *   0. That A does not conform is no fault of B
 */
export function exitCodeOfPair(
  a: Result,
  b: Result,
  diff: Pick<DiffReport, 'regressed' | 'removed'>,
  asked: Asked,
): number {
  const [ofA, ofB] = [a, b].map(({ requirements }) => exitCodeOfRun(requirements, asked));
  if (ofA === EXIT.harnessFailed || ofB === EXIT.harnessFailed) return EXIT.harnessFailed;
  const hasLost = diff.regressed.length + diff.removed.length > 0;
  return hasLost || ofB !== EXIT.conforms ? EXIT.doesNotConform : EXIT.conforms;
}

/** Both runs in a few lines, what differs from A to B, and the totals of B alone on the last line. */
function renderPair(a: EndedSide, b: EndedSide, diff: DiffReport): string {
  const side = (label: string, { name, run, result }: EndedSide) =>
    `${label}  ${printable(name)}: ${totalsOf(result)}\n   ${run}\n`;
  return `${side('A', a)}${side('B', b)}\n${renderDiff(diff)}\n${totalsOf(b.result)}\n`;
}

function totalsOf({ summary }: Result): string {
  const { passed, failed, skipped } = totals(summary);
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
