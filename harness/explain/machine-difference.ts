import { safeText } from '../measure/event-text.ts';
import type { Words } from './explanation.ts';
import { isDigest } from './files-by-digest.ts';

/** A description has some dozens of values. */
const MOST_DIFFERENCES = 32;

type Description = Readonly<Record<string, unknown>>;

/** What is a file of a machine: known by its digest or not at all, as its path is not measured. */
const FILES: readonly string[] = [
  'firmware.code',
  'firmware.vars',
  'firmware.image',
  'boot.path',
  'boot.kernel',
  'boot.initrd',
  'boot.hashesTable',
];

/**
 * What differs between the descriptions of two machines, the name aside. Files that one of them knows only by
 * their paths are not compared.
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
    .filter((name) => differ(name, ofA.get(name), ofB.get(name)))
    .slice(0, MOST_DIFFERENCES)
    .map((name) => ({
      pcr: null,
      index: null,
      input: 'machine' as const,
      sentence: `the machines differ: ${safeText(name)} ${ofA.get(name) ?? 'absent'} → ${ofB.get(name) ?? 'absent'}`,
    }));
}

function differ(name: string, a: string | undefined, b: string | undefined): boolean {
  if (a === b) return false;
  if (!FILES.includes(name) || a === undefined || b === undefined) return true;
  return isDigest(a) && isDigest(b);
}

/** What QEMU's tables and the firmware's memory follow from, with the words for it. */
const HARDWARE = { memoryMiB: 'MiB of memory', vcpus: 'vCPUs', cpu: 'CPU' } as const;

/**
 * What differs in the hardware of two machines: what QEMU's tables are made from.
 *
 * @returns e.g. `MiB of memory 2048 → 4096`; `undefined` where that is not known, or nothing differs
 */
export function hardwareDifference(
  a: Description | undefined,
  b: Description | undefined,
): string | undefined {
  if (a === undefined || b === undefined) return undefined;
  const parts = Object.entries(HARDWARE).flatMap(([name, words]) => {
    const [ofA, ofB] = [a, b].map((machine) => safeText(String(machine[name])));
    return ofA === ofB ? [] : [`${words} ${ofA} → ${ofB}`];
  });
  return parts.join(', ') || undefined;
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
