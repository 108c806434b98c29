import { describe, expect, it } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { type KeyFacts, keyOf } from './firmware-memory-key.ts';

const FACTS: KeyFacts = {
  accelerator: 'tcg',
  qemu: 'QEMU emulator version 11.1.0',
  code: 'aa',
  vars: 'bb',
  cpu: undefined,
};

const firmware = { kind: 'pflash', code: '/a/code.fd', vars: '/a/vars.fd', smm: true } as const;
const disk = { kind: 'disk', path: '/a/disk.raw', format: 'raw' } as const;
const kernel = { kind: 'kernel', kernel: '/a/kernel', initrd: '/a/initrd', cmdline: 'a' } as const;

function key(change: Partial<Machine> = {}, facts: Partial<KeyFacts> = {}): string {
  const machine = Machine.parse({ name: 'machine', firmware, boot: disk, ...change });
  return keyOf(machine, { ...FACTS, ...facts });
}

describe("the key of a firmware's memory", () => {
  it('is the same wherever files are and whatever is booted', () => {
    const moved = { ...firmware, code: '/b/code.fd', vars: '/b/vars.fd' };
    expect(key({ name: 'other', firmware: moved, boot: { ...disk, path: '/b/disk' } })).toBe(key());
    const other = { ...kernel, kernel: '/b/k', initrd: '/b/i', cmdline: 'b' };
    expect(key({ boot: other })).toBe(key({ boot: kernel }));
  });

  it('differs with all that the firmware can see', () => {
    const { kind, kernel: path, initrd, cmdline } = kernel;
    const keys = [
      key(),
      key({ firmware: { ...firmware, smm: false } }),
      key({ firmware: { kind: 'bios', image: '/a/code.fd' } }),
      key({ memoryMiB: 2048 }),
      key({ vcpus: 1 }),
      key({ cpu: 'EPYC-v4' }),
      key({ boot: kernel }),
      key({ boot: { kind, kernel: path, cmdline } }),
      key({ boot: { kind, kernel: path, initrd } }),
      key({ boot: { ...kernel, hashesTable: '/a/table' } }),
      key({}, { qemu: 'QEMU emulator version 10.0.13' }),
      key({}, { code: 'cc' }),
      key({}, { vars: 'cc' }),
      key({}, { accelerator: 'kvm', cpu: 'AMD EPYC 9654' }),
      key({}, { accelerator: 'kvm', cpu: 'AMD EPYC 9965' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
