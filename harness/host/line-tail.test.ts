import { expect, it } from 'vitest';
import { LineTail } from './line-tail.ts';

it('a tail keeps the last lines in order', () => {
  const tail = new LineTail(3);
  expect(tail.lines).toEqual([]);
  for (let number = 1; number <= 100; number += 1) tail.push(String(number));
  expect(tail.lines).toEqual(['98', '99', '100']);
});
