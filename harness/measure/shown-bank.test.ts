import { expect, it } from 'vitest';
import { shownBank } from './shown-bank.ts';

it('two events are shown by digests that can be compared', () => {
  const forecast = { sha256: 'aa' };
  const logged = { sha1: 'bb', sha256: 'cc', sha384: 'dd' };
  expect(shownBank(forecast, logged)).toBe('sha256');
  expect(shownBank(logged, logged)).toBe('sha384');
  expect(shownBank({ sha1: 'bb' }, forecast)).toBeUndefined();
});
