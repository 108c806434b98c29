import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import { FormatError } from './format-error.ts';
import type { ByteSource } from './source.ts';

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
  const value = parse(place, bytes);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.map(String).join('.') || 'the value';
  const there = plainAt(value, issue?.path ?? []);
  const isTold = there === undefined || issue?.message.includes('received') === true;
  const found = isTold ? '' : `, and there is ${there}`;
  throw problem(place, `${path}: ${issue?.message ?? 'another shape'}${found}`);
}

/**
 * Reads a file that is one JSON text of a known shape.
 *
 * @param source the file, in UTF-8
 * @param what what it should be, e.g. `a prediction`
 * @param largest bytes that no such file exceeds: more is not even read
 * @param schema the shape
 * @throws FormatError as {@link readJson}, and where the file is larger
 */
export function readJsonSource<T>(
  source: ByteSource,
  what: string,
  largest: number,
  schema: z.ZodType<T>,
): T {
  const place = { file: source.name, offset: 0, what };
  if (source.size <= largest) return readJson(place, source.read(0, source.size), schema);
  throw problem({ ...place, what: `${what} of at most ${largest} bytes` }, `${source.size} bytes`);
}

/** A number, text or the like at a path; `undefined` where there is more, or nothing. */
function plainAt(value: unknown, path: readonly PropertyKey[]): string | undefined {
  const there = path.reduce<unknown>(
    (inner, key) => (inner === null ? undefined : Object(inner)[key]),
    value,
  );
  return typeof there === 'object' ? undefined : JSON.stringify(there)?.slice(0, LONGEST_PLAIN);
}

/** Longer values are shown by their beginning. */
const LONGEST_PLAIN = 40;

function parse(place: JsonPlace, bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) throw problem(place, 'bytes that are no UTF-8');
  if (bytes.length === 0) throw problem(place, 'an empty file');
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw problem(place, `no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A foreign text in a message is one line of it at most. */
const LONGEST_FOUND = 200;

function problem({ file, offset, what }: JsonPlace, found: string): FormatError {
  return new FormatError({ file, offset, expected: what, found: found.slice(0, LONGEST_FOUND) });
}
