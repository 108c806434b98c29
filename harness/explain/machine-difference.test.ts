import { describe, expect, it } from 'vitest';
import type { MeasuredEvent } from '../measure/event.ts';
import { explainPcr } from './explain-pcr.ts';
import { hardwareDifference } from './machine-difference.ts';

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
