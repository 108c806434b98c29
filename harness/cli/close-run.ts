import { dirname } from 'node:path';
import type { Result } from '../report/result.ts';
import { renderResult } from '../report/terminal.ts';
import { hasRegressed } from './baseline.ts';
import { EXIT } from './exit-code.ts';
import { type Asked, exitCodeOfRun } from './exit-code-of-run.ts';
import type { HostSession } from './host-session.ts';
import { print } from './output.ts';
import { writeReport } from './write-report.ts';
import { linkLatest } from './write-result.ts';

/** A run that is over. */
export type EndedRun = {
  /** Directory of the run. */
  readonly run: string;
  readonly result: Result;
  /** Which requirements the run was asked for. */
  readonly asked: Asked;
  /** What it is compared with, if anything. */
  readonly baseline: Result | undefined;
  readonly json: boolean;
};

/**
 * Writes the page of a run whose result is written, points `latest` to it where it is whole, ends the session, and
 * tells what came out, and what changed since the baseline.
 *
 * @returns exit code: as {@link exitCodeOfRun} says, and 1 where a requirement regressed
 * @throws Interrupted at Ctrl-C
 */
export async function closeRun(
  { run, result, asked, baseline, json }: EndedRun,
  session: HostSession,
): Promise<number> {
  session.step('report');
  await writeReport(run, result);
  if (result.run.interrupted === true) session.done(`what was judged until then is in ${run}`);
  else await linkLatest(dirname(run), run);
  session.signal.throwIfAborted();
  await session.close();
  print(result, json, () => renderResult(result, { colours: process.stdout.isTTY }));
  const exitCode = exitCodeOfRun(result.requirements, asked);
  if (baseline === undefined) return exitCode;
  const regressed = await hasRegressed(run, baseline, result, asked);
  return exitCode === EXIT.conforms && regressed ? EXIT.doesNotConform : exitCode;
}
