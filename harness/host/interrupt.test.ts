import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { poll, waitFor } from './deadline.ts';

const MODULE = fileURLToPath(new URL('interrupt.ts', import.meta.url));

/** Says when it is asked to end, and does not. */
const PROGRAM = `
  import { Interrupt } from ${JSON.stringify(MODULE)};
  const { signal } = new Interrupt();
  signal.addEventListener('abort', () => console.log(signal.reason.message));
  setInterval(() => undefined, 1000);
  console.log('ready');
`;

describe('an interrupt', () => {
  it('is one where npm hands it on, and ends the process where it comes again', async () => {
    const program = execa(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      reject: false,
    });
    await once(program.stdout, 'data');
    program.kill('SIGINT');
    program.kill('SIGINT');
    const [said] = await once(program.stdout, 'data');
    expect(String(said)).toBe('interrupted by SIGINT\n');
    const askedAtMs = performance.now();
    await waitFor({ name: 'end at a signal that comes again', deadlineMs: 20_000 }, (signal) =>
      poll(() => !program.kill('SIGINT') || undefined, 20, signal),
    );
    expect((await program).exitCode).toBe(130);
    expect(performance.now() - askedAtMs).toBeGreaterThan(400);
  });
});
