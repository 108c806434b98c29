import { startAlarm } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { BootFailure } from './boot-failure.ts';
import { BootStageTimeout } from './boot-stage-timeout.ts';
import { type StageName, secondsUntilNext, stageIndex, stageOfLine } from './boot-stages.ts';
import { describeHalt, type HaltReason } from './halt.ts';
import { refusalOf } from './refusals.ts';
import type { Elapsed } from './stopwatch.ts';

/** When a stage was seen to begin. */
export type StageEntry = {
  readonly stage: StageName;
  /** Milliseconds since power-on. */
  readonly atMs: number;
};

/** What a tracker needs to know of a boot. */
export type TrackedBoot = {
  /** Stages that this boot is sure to show on its console. */
  readonly announced: ReadonlySet<StageName>;
  /** By how much this host is slower than the one that the deadlines were made for. */
  readonly factor: number;
  readonly elapsed: Elapsed;
  /** The console's last lines, for errors. */
  readonly lastLines: () => readonly string[];
  /** Hears of every stage as it begins. */
  readonly onStage?: ((entry: StageEntry) => void) | undefined;
};

/**
 * Follows a boot from stage to stage by what the console, QMP and the processes tell, and knows at
 * any time whether it can still succeed.
 */
export class StageTracker implements Disposable {
  /** Resolves with the reason as soon as the VM can not be waited for any more. */
  readonly failed: Promise<Error>;
  readonly #boot: TrackedBoot;
  readonly #failure = Promise.withResolvers<Error>();
  readonly #entries: StageEntry[] = [];
  readonly #waiting = new Map<StageName, PromiseWithResolvers<StageEntry>>();
  #failedWith: Error | undefined;
  #alarm: Disposable | undefined;
  #completedAtMs: number | undefined;

  constructor(boot: TrackedBoot) {
    this.#boot = boot;
    this.failed = this.#failure.promise;
  }

  /** The stages seen so far, in order. */
  get entries(): readonly StageEntry[] {
    return this.#entries;
  }

  /** The stage seen last. */
  get stage(): StageName {
    return this.#entries.at(-1)?.stage ?? 'firmware';
  }

  /** Milliseconds from power-on to the end of the boot; `undefined` while it goes on. */
  get completedAtMs(): number | undefined {
    return this.#completedAtMs;
  }

  /**
   * Resolves when a stage, or a later one, is seen to begin; stays pending where {@link failed}
   * resolves before.
   */
  reached(stage: StageName): Promise<StageEntry> {
    const entry = this.#entries.find((seen) => stageIndex(seen.stage) >= stageIndex(stage));
    if (entry !== undefined) return Promise.resolve(entry);
    const waiting = this.#waiting.get(stage) ?? Promise.withResolvers<StageEntry>();
    this.#waiting.set(stage, waiting);
    return waiting.promise;
  }

  /**
   * The VM runs from now on.
   *
   * @param stage `firmware` where it was switched on, a later one where it goes on from a snapshot
   */
  begin(stage: StageName): void {
    this.#enter(stage);
  }

  /** The console wrote a line. */
  line(text: string): void {
    if (this.#isOver) return;
    const stage = stageOfLine(text);
    if (stage !== undefined && stageIndex(stage) > stageIndex(this.stage)) this.#enter(stage);
    const refusal = refusalOf(text);
    if (refusal !== undefined) this.#fail(this.#bootFailure({ kind: 'refused', refusal }));
  }

  /** The VM does not run any more. */
  halt(reason: HaltReason): void {
    const harnessBroke = reason.kind === 'qemu-exit' || reason.kind === 'internal-error';
    if (harnessBroke) {
      const problem = `lost the VM in stage ${this.stage}: it ${describeHalt(reason)}`;
      this.#fail(new InfraError({ tool: 'QEMU', problem, lastLines: this.#boot.lastLines() }));
    } else {
      this.#fail(this.#bootFailure({ kind: 'halted', reason }));
    }
  }

  /** Something that the VM cannot do without is gone. */
  lose(error: Error): void {
    this.#fail(error);
  }

  /** The guest has answered: from now on only the VM's end counts. */
  complete(): void {
    if (this.#isOver) return;
    this.#completedAtMs = this.#boot.elapsed();
    this.#alarm?.[Symbol.dispose]();
  }

  /** Follows no further. */
  [Symbol.dispose](): void {
    this.#alarm?.[Symbol.dispose]();
  }

  get #isOver(): boolean {
    return this.#failedWith !== undefined || this.#completedAtMs !== undefined;
  }

  #enter(stage: StageName): void {
    const entry = { stage, atMs: this.#boot.elapsed() };
    this.#entries.push(entry);
    const seconds = secondsUntilNext(stage, this.#boot.announced) * this.#boot.factor;
    this.#alarm?.[Symbol.dispose]();
    this.#alarm = startAlarm(seconds * 1000, () => {
      this.#fail(new BootStageTimeout(stage, seconds, this.#boot.lastLines()));
    });
    for (const [awaited, { resolve }] of this.#waiting) {
      if (stageIndex(awaited) <= stageIndex(stage)) resolve(entry);
    }
    this.#boot.onStage?.(entry);
  }

  #bootFailure(problem: BootFailure['problem']): BootFailure {
    return new BootFailure(this.stage, problem, this.#boot.lastLines());
  }

  #fail(error: Error): void {
    if (this.#failedWith !== undefined) return;
    this.#failedWith = error;
    this.#alarm?.[Symbol.dispose]();
    this.#failure.resolve(error);
  }
}
