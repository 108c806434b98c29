import { describe, expect, it } from 'vitest';
import { EnvironmentError, firstError, InfraError, StageTimeout, UsageError } from './errors.ts';

describe('errors', () => {
  it('of the environment say what is missing and how to get it', () => {
    const error = new EnvironmentError({ missing: 'no bwrap', remedy: 'apt install bubblewrap' });
    expect(error.message).toBe('no bwrap; apt install bubblewrap');
  });

  it('of a tool carry its end as data and show its last lines', () => {
    const error = new InfraError({
      tool: 'swtpm',
      problem: 'exited with code 1',
      argv: ['swtpm', 'socket'],
      exitCode: 1,
      lastLines: ['one', 'two', 'three', 'four'],
    });
    expect(error.message).toBe('swtpm exited with code 1; last lines: two | three | four');
    expect(error).toMatchObject({ exitCode: 1, signal: null, argv: ['swtpm', 'socket'] });
    expect(error.lastLines).toHaveLength(4);
  });

  it('of a wait name the stage and its seconds', () => {
    const error = new StageTimeout({
      stage: 'boot stage kernel',
      seconds: 12.34,
      lastLines: ['x'],
    });
    expect(error.message).toBe('boot stage kernel: not done after 12.3 s; last lines: x');
  });

  it('stay on one line whatever a tool wrote', () => {
    const hostile = '\u001b[2J\u202eoops\r';
    for (const error of [
      new UsageError(hostile),
      new InfraError({ tool: 'x', problem: hostile, lastLines: [hostile] }),
      new StageTimeout({ stage: 'x', seconds: 1, lastLines: [hostile] }),
    ]) {
      expect(error.message).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });

  it('of a clean-up do not hide what went wrong first', () => {
    const first = new Error('first');
    const inner = new SuppressedError(new Error('second'), first);
    expect(firstError(new SuppressedError(new Error('third'), inner))).toBe(first);
    expect(firstError(first)).toBe(first);
  });
});
