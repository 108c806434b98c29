import { expect, test } from 'vitest';
import { BootFailure } from './boot-failure.ts';

const refusal = { by: 'systemd', line: 'You are in emergency mode.' } as const;

test('a boot that fails says what systemd failed at', () => {
  const lines = [
    '[  OK  ] Finished a.service.',
    '[FAILED] Failed to mount sysroot.mount - /sysroot.',
    '[DEPEND] Dependency failed for initrd-root-fs.target.',
  ];
  const failure = (last: readonly string[]) =>
    new BootFailure('initrd', { kind: 'refused', refusal }, last).message;
  expect(failure(lines)).toBe(
    'in stage initrd, systemd refused: You are in emergency mode., after: Failed to mount ' +
      'sysroot.mount - /sysroot.',
  );
  expect(failure([])).toBe('in stage initrd, systemd refused: You are in emergency mode.');
});
