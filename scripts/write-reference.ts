/** Writes docs/library.md; run it after a change to what harness/index.ts exports, or to its docstrings. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { libraryText } from './docs/library.ts';

const harness = join(import.meta.dirname, '..', 'harness');
const read = (file: string) => readFileSync(join(harness, file), 'utf8');

await writeFile(
  join(import.meta.dirname, '..', 'docs', 'library.md'),
  libraryText(read('index.ts'), read),
);
