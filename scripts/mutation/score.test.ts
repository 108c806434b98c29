import { describe, expect, it } from 'vitest';
import { percent, scoreOf } from './score.ts';

const mutant = (status: string, line = 1) => ({
  mutatorName: 'StringLiteral',
  replacement: '"\n "',
  status,
  location: { start: { line, column: 2 } },
});

describe('the score of a mutation run', () => {
  it('counts what tests noticed of what could be noticed', () => {
    const states = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'CompileError', 'Ignored'];
    const files = { 'a.ts': { mutants: states.map((state, index) => mutant(state, index)) } };
    expect(scoreOf(JSON.stringify({ files }))).toEqual({
      mutants: 4,
      noticed: 2,
      survivors: ['a.ts:2:2 StringLiteral: " "', 'a.ts:3:2 StringLiteral: " "'],
    });
  });

  it('refuses what is no report', () => {
    expect(() => scoreOf('{"files":[]}')).toThrow(/expected record/i);
  });

  it('is in per cent', () => {
    expect(percent({ mutants: 3, noticed: 2 })).toBe('66.7 %');
    expect(percent({ mutants: 0, noticed: 0 })).toBe('nothing to change');
  });
});
