import { setInterval as ticks } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { printable } from '../bytes/format-error.ts';
import { type Progress, type ProgressEvent, progressLine } from './progress.ts';

/** What goes on now, and since when. */
type Current = { readonly text: string; readonly sinceMs: number };

const REDRAW_MS = 1000;

/**
 * One line for each machine that runs and one for the run itself, redrawn in place on a terminal:
 * what it is doing, and for how long already. What is done stays above as a line of its own.
 */
export class LiveProgress implements Progress {
  readonly #current = new Map<string | undefined, Current>();
  readonly #over = new AbortController();
  readonly #draw: ReturnType<typeof createLogUpdate>;

  /** @param stream a terminal */
  constructor(stream: NodeJS.WritableStream) {
    // A hidden cursor would stay hidden where the harness is killed.
    this.#draw = createLogUpdate(stream, { showCursor: true });
    void this.#redrawEverySecond();
  }

  readonly show = (event: ProgressEvent): void => {
    const { kind, machine, text } = event;
    if (kind === 'done') {
      this.#current.delete(machine);
      this.#draw.persist(progressLine(event));
    } else if (this.#current.get(machine)?.text !== text) {
      this.#current.set(machine, { text, sinceMs: performance.now() });
    }
    this.#redraw();
  };

  /** Takes the lines away and stops redrawing. May be called more than once. */
  [Symbol.dispose](): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#draw.clear();
  }

  async #redrawEverySecond(): Promise<void> {
    const options = { signal: this.#over.signal, ref: false };
    try {
      for await (const _ of ticks(REDRAW_MS, undefined, options)) this.#redraw();
    } catch (error) {
      if (!this.#over.signal.aborted) throw error;
    }
  }

  #redraw(): void {
    if (this.#over.signal.aborted) return;
    const machines = [...this.#current.keys()].map((machine) => machine ?? '');
    const width = Math.max(0, ...machines.map(({ length }) => length));
    const now = performance.now();
    const lines = [...this.#current].map(([machine = '', { text, sinceMs }]) => {
      const seconds = Math.floor((now - sinceMs) / 1000);
      return printable(`  ${machine.padEnd(width)}  ${text}  ${seconds} s`);
    });
    if (lines.length === 0) this.#draw.clear();
    else this.#draw(lines.join('\n'));
  }
}
