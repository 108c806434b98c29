import { describe, expect, it } from 'vitest';
import { judgePolicy } from './judge-policy.ts';

describe('a sector that cannot be read', () => {
  const read = { policy: 'panic_on_error', end: 'panic', said: 'the VM was reset' } as const;

  it('ends as its policy says', () => {
    expect(judgePolicy(read, 'panic', 'file')).toMatchObject({ state: 'pass', witness: 'QMP' });
    const alone = { ...read, policy: 'no policy', end: 'EIO' } as const;
    expect(judgePolicy(alone, 'EIO', 'file').state).toBe('pass');
  });

  it('fails where it ends otherwise', () => {
    for (const end of ['EIO', 'restart', 'something else'] as const) {
      const judged = judgePolicy({ ...read, end }, 'panic', 'file');
      expect(judged).toMatchObject({ state: 'fail', expected: 'panic' });
      expect(judged.sentence).toContain(`ends in ${end}, not in panic`);
    }
  });
});
