import { describe, expect, it } from 'vitest';
import { skippedFor, tooOldFor } from './qemu-release.ts';

const OLD = 'QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7+deb12u16)';
const NEW = 'QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)';

describe('a QEMU before 10.0', () => {
  it('shows firmware another Linux kernel than the file, and has no shim', () => {
    expect(tooOldFor({ kernel: 'linux' }, OLD)).toMatch(/^QEMU 7, which fills in/);
    expect(tooOldFor({ kernel: 'program', shim: 'other' }, OLD)).toBe(
      'QEMU 7, which takes no shim',
    );
    expect(skippedFor('a shim', 'QEMU 7', 'f')).toMatchObject({ state: 'skip' });
  });

  it.each([
    [{ kernel: 'program' }, OLD],
    [{ kernel: 'uki' }, OLD],
    [{ kernel: 'linux' }, NEW],
    [{ kernel: 'program', shim: 'other' }, NEW],
    [{ kernel: 'linux' }, undefined],
  ] as const)('is not in the way of %j with %s', (given, version) => {
    expect(tooOldFor(given, version)).toBeUndefined();
  });
});
