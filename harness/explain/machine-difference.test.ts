import { describe, expect, it } from 'vitest';
import type { MeasuredEvent } from '../measure/event.ts';
import { explainPcr } from './explain-pcr.ts';
import { filesByDigest } from './files-by-digest.ts';
import { hardwareDifference, machineDifference } from './machine-difference.ts';

const SMALL = { name: 'a', memoryMiB: 2048, vcpus: 2, cpu: 'max' };

describe('the hardware of two machines', () => {
  it('is told where it differs and is known', () => {
    expect(hardwareDifference(SMALL, { ...SMALL, memoryMiB: 4096, vcpus: 1 })).toBe(
      'MiB of memory 2048 → 4096, vCPUs 2 → 1',
    );
    expect(hardwareDifference(SMALL, { ...SMALL, name: 'b' })).toBeUndefined();
    expect(hardwareDifference(SMALL, undefined)).toBeUndefined();
  });

  it('explains tables that were measured', () => {
    const acpi = (byte: string): MeasuredEvent => ({
      pcr: 1,
      type: 'EV_PLATFORM_CONFIG_FLAGS',
      description: 'ACPI DATA',
      digests: { sha256: byte.repeat(32) },
    });
    const [found] = explainPcr(
      1,
      { events: [acpi('aa')], machine: SMALL },
      { events: [acpi('bb')], machine: { ...SMALL, memoryMiB: 4096 } },
    );
    expect(found?.sentence).toBe('the ACPI tables differ: MiB of memory 2048 → 4096');
  });
});

describe('the files of two machines', () => {
  const [PLAIN, CHANGED] = ['aa'.repeat(32), 'bb'.repeat(32)];
  const machine = (folder: string, bootedDigest?: string) => {
    const path = `${folder}/disk.raw`;
    const boot = { kind: 'disk', path };
    const inputs = bootedDigest === undefined ? [] : [{ path, sha256: bootedDigest }];
    return filesByDigest({ machine: { boot }, inputs });
  };

  it('are the same wherever they lie', () => {
    expect(machineDifference(machine('/a', PLAIN), machine('/b', PLAIN))).toEqual([]);
    const [found] = machineDifference(machine('/a', PLAIN), machine('/a', CHANGED));
    expect(found?.sentence).toBe(
      `the machines differ: boot.path SHA-256 ${PLAIN} → SHA-256 ${CHANGED}`,
    );
  });

  it('are not compared where only their paths are known', () => {
    expect(machineDifference(machine('/a'), machine('/b', PLAIN))).toEqual([]);
    expect(machineDifference(machine('/a'), { boot: { kind: 'disk' } })).toHaveLength(1);
  });
});
