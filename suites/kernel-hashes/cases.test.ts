import { describe, expect, it } from 'vitest';
import { KERNEL_HASHES } from '../requirements/kernel-hashes.ts';
import { KERNEL_HASHES_CASES } from './cases.ts';

const cases = Object.entries(KERNEL_HASHES_CASES);

describe('the cases of the suite', () => {
  it('have a twin that boots wherever a refusal is wanted', () => {
    for (const [name, { wanted, twin }] of cases) {
      if (wanted === 'booted') expect(twin, name).toBeUndefined();
      else expect(KERNEL_HASHES_CASES[twin ?? '']?.wanted, name).toBe('booted');
    }
  });

  it('answer every requirement but those of launch digests and of a guest that boots', () => {
    const answered = new Set(cases.map(([, { requirement }]) => requirement));
    const open = KERNEL_HASHES.filter(({ id }) => !(answered as Set<string>).has(id));
    expect(open.map(({ id }) => id)).toEqual(['CVM-KH-010', 'CVM-KH-012']);
  });
});
