import { expect, it } from 'vitest';
import { numbered } from './numbered.ts';

it('values are numbered as they come up, and nothing is not', () => {
  const name = numbered('EK');
  expect(['b7', 'a0', 'b7', 'none', '', 'c1'].map(name)).toEqual([
    'EK 1',
    'EK 2',
    'EK 1',
    'none',
    '',
    'EK 3',
  ]);
});
