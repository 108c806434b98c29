/** Holds every import against the rooms of the project: a line for each that goes astray, exit 1. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importsOf } from './imports-of.ts';
import { violationsOf } from './rooms.ts';
import { sourceFiles } from './source-files.ts';

const root = join(import.meta.dirname, '..');
const files = await sourceFiles(root, ['harness', 'suites', 'scripts']);
const violations = await Promise.all(
  files.map(async (file) => {
    const text = await readFile(join(root, file), 'utf8');
    return violationsOf(file, importsOf(file, text));
  }),
);
for (const line of violations.flat()) process.stderr.write(`${line}\n`);
process.exitCode = violations.flat().length > 0 ? 1 : 0;
