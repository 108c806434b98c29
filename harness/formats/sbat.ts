/** A component of SBAT metadata or of a revocation list. */
export type SbatEntry = { readonly component: string; readonly generation: number };

/** Columns of a row that shim asks for: a section names its vendor, package, version and URL too. */
const SECTION_COLUMNS = 6;
const LEVEL_COLUMNS = 2;

/** shim keeps generations in 16 bits. */
const GENERATION_MASK = 0xffff;

/**
 * Reads the metadata in an image's `.sbat` section.
 *
 * @param bytes the section
 * @returns `undefined` where shim would not accept it: a row with too few or with empty columns
 * @see shim SBAT.md; sbat.c (parse_sbat_section) and csv.c
 */
export function readSbatSection(bytes: Uint8Array): readonly SbatEntry[] | undefined {
  return readRows(bytes, SECTION_COLUMNS, SECTION_COLUMNS);
}

/**
 * Reads a revocation list: the variable SbatLevel, or what shim would set it to.
 *
 * @param bytes the text, with or without a terminator
 * @returns `undefined` where shim would not accept it
 * @see shim SBAT.md; sbat.c (parse_sbat_var_data) and csv.c
 */
export function readSbatLevel(bytes: Uint8Array): readonly SbatEntry[] | undefined {
  return readRows(bytes, LEVEL_COLUMNS, LEVEL_COLUMNS + 1);
}

/**
 * The first component that a revocation list revokes.
 *
 * @param entries what an image says of itself
 * @param level the revocation list
 */
export function revokedComponent(
  entries: readonly SbatEntry[],
  level: readonly SbatEntry[],
): SbatEntry | undefined {
  return entries.find(({ component, generation }) => {
    const limit = level.find((candidate) => candidate.component === component);
    return limit !== undefined && generation < limit.generation;
  });
}

function readRows(
  bytes: Uint8Array,
  required: number,
  most: number,
): readonly SbatEntry[] | undefined {
  const [text = ''] = Buffer.from(bytes).toString('latin1').split('\0', 1);
  const rows = text
    .replace(/^\xef\xbb\xbf/, '')
    .split(/[\r\n]+/)
    .filter((line) => line !== '')
    .map((line) => line.split(',').slice(0, most));
  if (rows.some((row) => row.length < required || row.includes(''))) return undefined;
  return rows.map(([component = '', generation = '']) => ({
    component,
    generation: asNumber(generation),
  }));
}

/** C's atoi(): what is no number counts as 0. */
function asNumber(text: string): number {
  return Number(/^[ \t]*([+-]?\d+)/.exec(text)?.[1] ?? 0) & GENERATION_MASK;
}
