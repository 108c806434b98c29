import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printable } from '../../harness/bytes/format-error.ts';
import type { Finding } from './fault.ts';

/** Where findings go, from the root of the repository. */
const FOLDER = 'results/fuzz';

/**
 * Writes the input of a finding to a file that its content names.
 *
 * @param root of the repository
 * @returns lines for people: what was found, and the command that shows it again
 */
export function saveFinding(root: string, { reader, fault, input }: Finding): string {
  const name = `${reader}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`;
  mkdirSync(join(root, FOLDER), { recursive: true });
  writeFileSync(join(root, FOLDER, name), input);
  const where = fault.where ? ` (${fault.where})` : '';
  return [
    `${reader}: ${fault.kind}: ${printable(fault.what)}${where}`,
    `  npm run fuzz -- --reader ${reader} --input ${FOLDER}/${name}`,
  ].join('\n');
}
