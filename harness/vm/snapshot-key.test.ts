import { describe, expect, it } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { type SnapshotFacts, snapshotKeyOf } from './snapshot-key.ts';

const FACTS: SnapshotFacts = {
  accelerator: 'tcg',
  tools: {
    'qemu-system-x86_64': 'QEMU emulator version 10.0.13',
    swtpm: 'TPM emulator version 0.7',
  },
  files: ['aa', 'bb', 'cc'],
  cpu: undefined,
};

const firmware = { kind: 'pflash', code: '/a/code.fd', vars: '/a/vars.fd', smm: true } as const;
const disk = { kind: 'disk', path: '/a/disk.raw', format: 'raw' } as const;
const kernel = { kind: 'kernel', kernel: '/a/kernel', initrd: '/a/initrd', cmdline: 'a' } as const;

function key(change: Partial<Machine> = {}, facts: Partial<SnapshotFacts> = {}): string {
  const machine = Machine.parse({ name: 'machine', firmware, boot: disk, ...change });
  return snapshotKeyOf(machine, { ...FACTS, ...facts });
}

describe('the key of a snapshot', () => {
  it('is the same wherever firmware, disk and kernels are', () => {
    expect(key({ firmware: { ...firmware, code: '/b/code.fd', vars: '/b/vars.fd' } })).toBe(key());
    expect(key({ boot: { ...disk, path: '/b/disk.raw' } })).toBe(key());
    const moved = { ...kernel, kernel: '/b/k', initrd: '/b/i' };
    expect(key({ boot: moved })).toBe(key({ boot: kernel }));
  });

  it('differs with all that the guest, its TPM or its disk can see', () => {
    const keys = [
      key(),
      key({ name: 'other' }),
      key({ firmware: { ...firmware, smm: false } }),
      key({ memoryMiB: 2048 }),
      key({ vcpus: 1 }),
      key({ cpu: 'EPYC-v4' }),
      key({ tpm: { banks: ['sha384'] } }),
      key({ boot: { ...disk, format: 'qcow2' } }),
      key({ boot: kernel }),
      key({ boot: { ...kernel, cmdline: 'b' } }),
      key({}, { accelerator: 'kvm' }),
      key({}, { accelerator: 'kvm', cpu: 'AMD EPYC 7763' }),
      key({}, { files: ['aa', 'bb', 'cd'] }),
      key({}, { tools: { ...FACTS.tools, swtpm: 'TPM emulator version 0.10' } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    for (const one of keys) expect(one).toMatch(/^[0-9a-f]{64}$/);
  });
});
