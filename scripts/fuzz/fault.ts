/** What no input may do to a reader. */
export type Fault = {
  /** An exception that is no FormatError, too much time, too much memory, no end at all. */
  readonly kind: 'exception' | 'slow' | 'memory' | 'hang' | 'out of memory';
  /** The exception, or the figure. */
  readonly what: string;
  /** File and line of the project, where known. */
  readonly where?: string;
};

/** Faults that look the same are one. */
export function faultKey({ kind, what, where = '' }: Fault): string {
  return `${kind} ${where === '' ? what.replace(/\d+/g, '#') : where}`;
}

/** A fault and the input that shows it. */
export type Finding = {
  readonly reader: string;
  readonly fault: Fault;
  readonly input: Uint8Array;
};
