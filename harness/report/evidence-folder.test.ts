import { expect, it } from 'vitest';
import { evidenceFolder } from './evidence-folder.ts';
import { resultWith } from './testing/sample-result.ts';

const result = resultWith([]);

it.each([
  ['firmware/shim/extends.json', 'uki-verity', 'firmware/shim'],
  ['quote.bin', 'uki-verity', ''],
  [null, 'uki-verity', 'dossiers/uki-verity'],
  [null, 'other', undefined],
  [null, null, undefined],
])('what shows %j on %j is in %j', (evidence, machine, folder) => {
  expect(evidenceFolder({ evidence, machine }, result)).toBe(folder);
});
