import { printable } from '../bytes/format-error.ts';

/** Something that a person who waits wants to know. */
export type ProgressEvent = {
  /** `step`: what is being done; `stage`: a boot's stage began; `done`: it is over. */
  readonly kind: 'step' | 'stage' | 'done';
  /** The machine that it is about; without one it is about the run. */
  readonly machine?: string | undefined;
  readonly text: string;
  /** Milliseconds since the run began. */
  readonly atMs: number;
};

/** Where progress is shown. Once disposed of, nothing but whole lines is left on the terminal. */
export interface Progress extends Disposable {
  readonly show: (event: ProgressEvent) => void;
}

/** An event as a line that stays. */
export function progressLine({ machine, text, atMs }: ProgressEvent): string {
  const seconds = (atMs / 1000).toFixed(1).padStart(7);
  return printable(`${seconds} s  ${machine === undefined ? '' : `${machine}: `}${text}`);
}
