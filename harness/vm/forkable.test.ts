import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../host/errors.ts';
import { Machine } from '../machine/machine.ts';
import { requireForkable } from './forkable.ts';

const amdSev = Machine.parse({
  name: 'amd-sev',
  firmware: { kind: 'bios', image: '/a/OVMF.amdsev.fd' },
  boot: { kind: 'kernel', kernel: '/a/kernel' },
});

describe('a machine can be forked', () => {
  it('where it is emulated, be it with firmware for SEV', () => {
    expect(() => requireForkable(amdSev)).not.toThrow();
  });

  it('not where its guest is confidential, and that is said', () => {
    const confidential = Machine.parse({ ...amdSev, sev: { mode: 'snp' } });
    expect(() => requireForkable(confidential)).toThrow(EnvironmentError);
    expect(() => requireForkable(confidential)).toThrow(
      'amd-sev is a confidential guest, whose memory the host cannot write down: it cannot be forked; boot it each time',
    );
  });
});
