import { describe, expect, it } from 'vitest';
import { finding } from '../testing/sample-result.ts';
import { normalisedFailure } from './normalised-failure.ts';

const of = (sentence: string) => normalisedFailure(finding({ state: 'fail', sentence }));

describe('normalisedFailure', () => {
  it.each([
    ['root: not done after 45.2 s; last lines: a | b', 'root: not done after 51 s; last lines: c'],
    [
      'event 3 is 6c8e4d2fab33, not 00ff11ee22dd33cc',
      'event 3 is 1111aaaa2222, not aaaabbbbcccc0000',
    ],
    ['/tmp/a1/disk.raw is no disk', '/home/ci/x/disk.raw is no disk'],
    ['at 0x1f00 in 4096 bytes', 'at 0x2f00 in 8192 bytes'],
    ['port 43121 at 2026-11-27T12:00:00.000Z', 'port 40001 at 2026-11-28T02:00:10Z'],
    [
      'results/20261127T120000Z-0a1b/x of d2cfe45c-7706-4a01-8d49-e1f2ff0a9d12',
      'results/20261128T120000Z-ffff/x of 00000000-7706-4a01-8d49-e1f2ff0a9d12',
    ],
    ['uki-verity halted', 'uki-verity  halted'],
  ])('is one for two runs: %s', (a, b) => {
    expect(of(a)).toBe(of(b));
  });

  it.each([
    ['PCR 4 has another value', 'PCR 7 has another value'],
    ['PCR 4 differs first at its event 2', 'PCR 4 differs first at its event 3'],
    ['was not read in sha256', 'was not read in sha384'],
    ['the firmware refused', 'the kernel refused'],
  ])('is another for another failure: %s', (a, b) => {
    expect(of(a)).not.toBe(of(b));
  });

  it('is one on all machines, and another for another state', () => {
    const on = (machine: string) =>
      normalisedFailure(finding({ state: 'fail', machine, sentence: `${machine}: no boot` }));
    expect(on('uki')).toBe(on('shim'));
    const vacuous = normalisedFailure(finding({ state: 'vacuous', sentence: 'no boot' }));
    expect(vacuous).not.toBe(of('no boot'));
  });

  it('is the state alone of what held, but not each time', () => {
    const flaky = (sentence: string) => normalisedFailure(finding({ state: 'flaky', sentence }));
    expect(flaky('PCR 4 has the predicted value')).toBe(flaky('PCR 7 has the predicted value'));
  });
});
