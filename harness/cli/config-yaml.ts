import { isUtf8 } from 'node:buffer';
import { type Document, parseDocument } from 'yaml';
import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';

/** Larger than any that a person writes. */
const LARGEST_CONFIG = 1 << 20;

/** More than one that a person writes has, and too few to make gigabytes of a few lines. */
const MOST_ALIASES = 100;

/**
 * Reads a configuration in YAML (YAML 1.2).
 *
 * @param source the file, in UTF-8
 * @returns what it holds; whether that is a configuration is for others to say
 * @throws FormatError where it is too large, or no YAML
 */
export function readYaml(source: ByteSource): unknown {
  const { name: file, size } = source;
  if (size > LARGEST_CONFIG) {
    throw new FormatError({ file, offset: 0, expected: 'a configuration', found: `${size} bytes` });
  }
  const bytes = source.read(0, size);
  const noYaml = (offset: number, found: string) =>
    new FormatError({ file, offset, expected: 'YAML', found });
  if (!isUtf8(bytes)) throw noYaml(0, 'bytes that are no UTF-8');
  const text = Buffer.from(bytes).toString('utf8');
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined) return withAliases(document, noYaml);
  // What follows the colon is a drawing of the place, which the offset tells.
  const [found = error.message] = error.message.split(/:?\n/);
  throw noYaml(Buffer.byteLength(text.slice(0, error.pos[0])), found);
}

/** Aliases are looked up only here: one may be of nothing, or there may be too many. */
function withAliases(
  document: Document.Parsed,
  noYaml: (offset: number, found: string) => FormatError,
): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    throw noYaml(0, error instanceof Error ? error.message : String(error));
  }
}
