/** Holds requirements and tests against each other: a line for each without the other, exit 1. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REQUIREMENTS } from '../suites/requirements/index.ts';
import { namedRequirements, requirementProblems } from './named-requirements.ts';
import { sourceFiles } from './source-files.ts';

const root = join(import.meta.dirname, '..');
const named = await Promise.all(
  (await sourceFiles(root, ['suites', 'harness/judge'])).map(async (file) =>
    namedRequirements(file, await readFile(join(root, file), 'utf8')),
  ),
);
const ids = REQUIREMENTS.map(({ id }) => id);
const problems = requirementProblems(ids, named.flat());
for (const line of problems) process.stderr.write(`${line}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
