import { describe, expect, it } from 'vitest';
import { ALL_BANKS } from '../../measure/bank.ts';
import { phaseEvents } from './systemd-userspace.ts';

describe('phases of the boot', () => {
  // systemd src/pcrlock/pcrlock.d/*.pcrlock, SHA-256.
  it.each([
    ['enter-initrd', '51e6b92f405d1f98d96e3de343d61d420ad6923b25de21d766f9298192f14fed'],
    ['leave-initrd', '3be261aff7db92bf507eae947f4003ffa2bcad0bffe3524601d62d0bc8be7135'],
    ['sysinit', '730bb5a583ba880c277e656d2dc8aba1a314a11b14d25b05153d2bab82567a48'],
    ['ready', 'b24d6d33736ecd5604a4b17bc9c6481039fac362bb7df044ef1c10a2bfd21db6'],
    ['shutdown', '08434ba9cdf55a02284e2913400586cd289878e0f055f7bb0b07ce392caeb989'],
    ['final', '2443630b4620165c8b173e7265e17526fe2787ae594364dd6d839ad58f2fc007'],
  ])('%s is measured as systemd publishes it', (word, sha256) => {
    expect(phaseEvents({ banks: ['sha256'] }, word)).toEqual([
      {
        pcr: 11,
        type: 'phase',
        agent: 'systemd',
        description: `phase ${word}`,
        digests: { sha256 },
        data: Buffer.from(word).toString('hex'),
      },
    ]);
  });

  it('are measured in every bank', () => {
    const [ready] = phaseEvents({ banks: ALL_BANKS }, 'ready');
    expect(ready?.digests).toEqual({
      sha1: '75c0533730caf1f78561c0883fb87bc8d98ef04b',
      sha256: 'b24d6d33736ecd5604a4b17bc9c6481039fac362bb7df044ef1c10a2bfd21db6',
      sha384:
        '23ed5781da39fe6dc17f79478aeeb9eb2bca1d776061da188e10f9c85f7933fb39cfdba50f39af8aed24e5b45b80d006',
      sha512:
        'ca6616f94a209e53f6fdc526b473172eb4b2157cf4809c31e36ad52db614ed352e68407be53c238ba17a561c4fde43f4a859aa8711f9781a0c934296d4d7571b',
    });
  });

  it.each([
    ['', []],
    [':', []],
    [':sysinit::ready:', ['phase sysinit', 'phase ready']],
  ])('of %j are its words', (path, expected) => {
    const events = phaseEvents({ banks: ['sha1'] }, path);
    expect(events.map(({ description }) => description)).toEqual(expected);
  });
});
