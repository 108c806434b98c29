/** Lists the licences of all npm packages. */
import { readFile } from 'node:fs/promises';
import { licencesOf, licencesText } from './docs/licences.ts';

const lock = await readFile(new URL('../package-lock.json', import.meta.url), 'utf8');
process.stdout.write(licencesText(licencesOf(lock)));
