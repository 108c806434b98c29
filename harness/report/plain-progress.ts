import { type Progress, type ProgressEvent, progressLine } from './progress.ts';

/**
 * A line for each event, as for the log of a CI job; none for one that says what the last one of
 * its machine said.
 */
export class PlainProgress implements Progress {
  readonly #stream: NodeJS.WritableStream;
  readonly #lastTexts = new Map<string | undefined, string>();

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  readonly show = (event: ProgressEvent): void => {
    if (this.#lastTexts.get(event.machine) === event.text) return;
    this.#lastTexts.set(event.machine, event.text);
    this.#stream.write(`${progressLine(event)}\n`);
  };

  [Symbol.dispose](): void {
    this.#lastTexts.clear();
  }
}
