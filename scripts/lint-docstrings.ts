/** Holds docstrings of the harness against its functions: a line for each that leaves something out, exit 1. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { docstringProblems } from './docstring-problems.ts';
import { sourceFiles } from './source-files.ts';

const root = join(import.meta.dirname, '..');
const files = (await sourceFiles(root, ['harness'])).filter(
  (file) => !/\.test\.ts$|\/testing\//.test(file),
);
const problems = await Promise.all(
  files.map(async (file) => docstringProblems(file, await readFile(join(root, file), 'utf8'))),
);
for (const line of problems.flat()) process.stderr.write(`${line}\n`);
process.exitCode = problems.flat().length > 0 ? 1 : 0;
