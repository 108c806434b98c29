import { expect, it } from 'vitest';
import { judgeRefusedKernel, type RefusedKernel } from './judge-refused-kernel.ts';

const FILES = { console: 'console.log' };

const REFUSED: RefusedKernel = {
  what: 'a kernel',
  said: ['OVMF: Secure boot image verification failed.'],
  started: false,
};
const STARTED: RefusedKernel = { ...REFUSED, what: 'switched', started: true };

const states = (kernel: RefusedKernel, switched: RefusedKernel) =>
  judgeRefusedKernel(kernel, switched, FILES).map(({ state }) => state);

it('passes where the kernel is refused, and would start otherwise', () => {
  expect(states(REFUSED, STARTED)).toEqual(['pass', 'pass', 'pass']);
});

it('fails where the kernel is started all the same', () => {
  expect(states({ ...REFUSED, started: true }, STARTED)).toEqual(['pass', 'pass', 'fail']);
});

it('proves nothing where nobody refused it, or it would not start anyway', () => {
  expect(states({ ...REFUSED, said: [] }, STARTED)).toEqual(['vacuous', 'pass', 'pass']);
  expect(states(REFUSED, REFUSED)).toEqual(['pass', 'vacuous', 'pass']);
});
