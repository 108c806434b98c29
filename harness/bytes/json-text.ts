import type { z } from 'zod';
import { FormatError } from './format-error.ts';

/** Where a JSON text stands: for error messages. */
export type JsonPlace = {
  readonly file: string;
  /** Byte offset of the text in the file. */
  readonly offset: number;
  /** What the text should be, e.g. `a prediction`. */
  readonly what: string;
};

/**
 * Reads JSON of a known shape.
 *
 * @param place where the text stands, for error messages
 * @param bytes the text in UTF-8
 * @param schema the shape
 * @returns the value as the schema gives it
 * @throws FormatError where the bytes are no UTF-8, the text no JSON, or the value not of the shape
 */
export function readJson<T>(place: JsonPlace, bytes: Uint8Array, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parse(place, bytes));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.map(String).join('.') || 'the value';
  throw problem(place, `${path}: ${issue?.message ?? 'another shape'}`);
}

function parse(place: JsonPlace, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw problem(place, error instanceof Error ? error.message : 'no JSON');
  }
}

/** A foreign text in a message is one line of it at most. */
const LONGEST_FOUND = 200;

function problem({ file, offset, what }: JsonPlace, found: string): FormatError {
  return new FormatError({ file, offset, expected: what, found: found.slice(0, LONGEST_FOUND) });
}
