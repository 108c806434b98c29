import type { FormatError } from '../../harness/bytes/format-error.ts';

/** How deep a value is looked into, and how many of its parts on every level. */
const DEPTH = 4;
const PARTS = 6;

/**
 * What an input made a reader do, in one text: the refusal and about where it was, or the shape of
 * the value. An input with a text that was not seen before is worth keeping and changing further; this
 * stands in for coverage, which would need instrumented code.
 */
export function behaviourOfError(error: FormatError): string {
  return `${sizeClass(error.offset)} ${withoutNumbers(error.expected)} / ${withoutNumbers(error.found)}`;
}

/** The same of a value. */
export function behaviourOfValue(value: unknown, depth = DEPTH): string {
  if (value instanceof Uint8Array) return `b${sizeClass(value.length)}`;
  if (typeof value === 'string') return `s${sizeClass(value.length)}`;
  if (typeof value === 'number') return `n${sizeClass(value)}`;
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 8);
  if (depth === 0) return '…';
  if (value instanceof Map) return behaviourOfValue([...value.entries()], depth);
  if (Array.isArray(value)) {
    const parts = value.slice(0, PARTS).map((part) => behaviourOfValue(part, depth - 1));
    return `[${sizeClass(value.length)}:${parts.join()}]`;
  }
  const parts = Object.values(value).slice(0, 3 * PARTS);
  return `{${parts.map((part) => behaviourOfValue(part, depth - 1)).join()}}`;
}

/** Numbers of about one size are one. */
function sizeClass(value: number): number {
  return 32 - Math.clz32(value);
}

/** A message without numbers, hexadecimal text and quoted input. */
export function withoutNumbers(text: string): string {
  return text.slice(0, 120).replace(/0x[0-9a-f]+|[0-9a-f]{4,}|\d+|"[^"]*"?/g, '#');
}
