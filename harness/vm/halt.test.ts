import { describe, expect, it } from 'vitest';
import { describeHalt, haltOfEvent, haltOfStatus } from './halt.ts';

// Causes and states: QEMU 10 QMP reference, ShutdownCause and RunState.
describe('halts', () => {
  it.each([
    ['SHUTDOWN', { guest: true, reason: 'guest-shutdown' }, { kind: 'guest-shutdown' }],
    ['SHUTDOWN', { guest: true, reason: 'guest-reset' }, { kind: 'reset' }],
    ['SHUTDOWN', { guest: true, reason: 'guest-panic' }, { kind: 'panicked' }],
    ['GUEST_PANICKED', { action: 'pause' }, { kind: 'panicked' }],
    ['SHUTDOWN', { guest: false, reason: 'host-qmp-quit' }, undefined],
    ['SHUTDOWN', { guest: false, reason: 'host-signal' }, undefined],
    ['RESUME', {}, undefined],
  ] as const)('are told by %s %j', (name, data, halt) => {
    expect(haltOfEvent({ name, data })).toEqual(halt);
  });

  it('are told by a state that nothing leaves', () => {
    expect(haltOfStatus('internal-error')).toEqual({
      kind: 'internal-error',
      status: 'internal-error',
    });
    expect(haltOfStatus('guest-panicked')).toEqual({ kind: 'panicked' });
    expect(haltOfStatus('paused')).toBeUndefined();
  });

  it('end a sentence', () => {
    const sentence = describeHalt({ kind: 'qemu-exit', exitCode: null, signal: 'SIGKILL' });
    expect(sentence).toBe('ended as QEMU was killed by SIGKILL');
  });
});
