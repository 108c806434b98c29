import { printable } from '../bytes/format-error.ts';
import type { StageName } from './boot-stages.ts';
import { describeHalt, type HaltReason } from './halt.ts';
import type { Refusal } from './refusals.ts';

/** What ended a boot before its time: somebody refused to go on, or the guest ended itself. */
export type BootProblem =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'halted'; readonly reason: HaltReason };

/** The image did not come up, and that was its own doing or that of what checks it. */
export class BootFailure extends Error {
  override readonly name = 'BootFailure';
  /** The stage that was seen last. */
  readonly stage: StageName;
  readonly problem: BootProblem;
  /** The console's last lines. */
  readonly lastLines: readonly string[];

  constructor(stage: StageName, problem: BootProblem, lastLines: readonly string[]) {
    super(`in stage ${stage}, ${describeProblem(problem)}${causeIn(lastLines)}`);
    this.stage = stage;
    this.problem = problem;
    this.lastLines = lastLines;
  }
}

function describeProblem(problem: BootProblem): string {
  if (problem.kind === 'halted') return `the VM ${describeHalt(problem.reason)}`;
  return `${problem.refusal.by} refused: ${printable(problem.refusal.line.trim())}`;
}

/** What systemd failed at first, of what the console still shows. */
function causeIn(lastLines: readonly string[]): string {
  const causes = lastLines.flatMap((line) => /\[ *FAILED *\] (.+)$/.exec(line)?.[1] ?? []);
  return causes[0] === undefined ? '' : `, after: ${printable(causes[0].trim())}`;
}
