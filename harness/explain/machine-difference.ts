import { safeText } from '../measure/event-text.ts';
import type { Words } from './explanation.ts';

/** A description has some dozens of values. */
const MOST_DIFFERENCES = 32;

type Description = Readonly<Record<string, unknown>>;

/**
 * What differs between the descriptions of two machines, the name aside.
 *
 * @param a the machine of one dossier; absent where a side is no dossier
 * @param b of the other
 * @returns e.g. `memoryMiB 2048 → 4096`
 */
export function machineDifference(
  a: Description | undefined,
  b: Description | undefined,
): readonly (Words & { readonly pcr: null; readonly index: null })[] {
  if (a === undefined || b === undefined) return [];
  const [ofA, ofB] = [valuesOf(a), valuesOf(b)];
  const names = [...new Set([...ofA.keys(), ...ofB.keys()])].filter((name) => name !== 'name');
  return names
    .filter((name) => ofA.get(name) !== ofB.get(name))
    .slice(0, MOST_DIFFERENCES)
    .map((name) => ({
      pcr: null,
      index: null,
      input: 'machine' as const,
      sentence: `the machines differ: ${safeText(name)} ${ofA.get(name) ?? 'absent'} → ${ofB.get(name) ?? 'absent'}`,
    }));
}

/** Every value below a description, by its path: `boot.path`. */
function valuesOf(description: Description): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(description)) {
    if (isDescription(value)) {
      for (const [rest, inner] of valuesOf(value)) values.set(`${name}.${rest}`, inner);
    } else if (value !== undefined) {
      values.set(name, safeText(typeof value === 'string' ? value : JSON.stringify(value)));
    }
  }
  return values;
}

function isDescription(value: unknown): value is Description {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
