import { Interrupt } from '../host/interrupt.ts';
import { Reaper } from '../host/reaper.ts';
import type { Tools } from '../host/tools.ts';
import type { Progress } from '../report/progress.ts';
import { showProgress } from '../report/show-progress.ts';
import { toolbox } from './workspace.ts';

/** What every command that works on this machine has: undone when the command ends, however it ends. */
export class HostSession implements AsyncDisposable {
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly reaper: Reaper;
  readonly #interrupt: Interrupt;
  readonly #progress: Progress;
  readonly #startedAt = performance.now();
  #end: Promise<void> | undefined;

  constructor() {
    this.#interrupt = new Interrupt();
    this.signal = this.#interrupt.signal;
    this.reaper = Reaper.start();
    this.#progress = showProgress(process.stderr);
  }

  /** Shows what is being done now. */
  step(text: string): void {
    this.#progress.show({ kind: 'step', text, atMs: this.#elapsedMs() });
  }

  /** Shows that a boot has reached a stage. */
  stage(machine: string, stage: string): void {
    this.#progress.show({ kind: 'stage', machine, text: stage, atMs: this.#elapsedMs() });
  }

  /** Shows what has ended, of a machine or of the command. */
  done(text: string, machine?: string): void {
    this.#progress.show({ kind: 'done', machine, text, atMs: this.#elapsedMs() });
  }

  /** Clears the terminal and ends the reaper. May be called more than once. */
  close(): Promise<void> {
    this.#end ??= this.#closeOnce();
    return this.#end;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeOnce(): Promise<void> {
    this.#progress[Symbol.dispose]();
    await this.reaper[Symbol.asyncDispose]();
    this.#interrupt[Symbol.dispose]();
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }
}

/** The tools that a user asks for with `--tools`. */
export function chosenTools(tools: 'toolbox' | 'host'): Tools {
  return tools === 'host' ? { kind: 'host' } : toolbox();
}
