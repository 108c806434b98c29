/** Writes docs/requirements.md; run it after a change to suites/requirements/. */
import { writeFile } from 'node:fs/promises';
import { REQUIREMENTS } from '../suites/requirements/index.ts';
import { catalogueText } from './docs/catalogue.ts';

await writeFile(new URL('../docs/requirements.md', import.meta.url), catalogueText(REQUIREMENTS));
