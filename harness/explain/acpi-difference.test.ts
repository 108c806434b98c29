import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeWithFixtures, fixtureBytes } from '../measure/testing/fixtures.ts';
import { u32, u64 } from '../measure/testing/log-bytes.ts';
import { acpiDifference } from './acpi-difference.ts';

/** A table with its header (ACPI 6.5, 5.2.6), whose checksum nobody looks at here. */
function table(signature: string, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from(signature), u32(36 + body.length), Buffer.alloc(28), body]);
}

/** ACPI 6.5, 5.2.12.2: Processor Local APIC. */
function processor(id: number, enabled: 0 | 1): Buffer {
  return Buffer.concat([Buffer.of(0, 8, id, id), u32(enabled)]);
}

/** ACPI 6.5, 5.2.16.2: Memory Affinity. */
function memory(mib: number): Buffer {
  const [base, flags] = [u64(0), u32(1)];
  const head = Buffer.of(1, 40, 0, 0, 0, 0, 0, 0);
  return Buffer.concat([head, base, u64(mib * 2 ** 20), u32(0), flags, u64(0)]);
}

const MADT_HEAD = Buffer.alloc(8);
const SRAT_HEAD = Buffer.alloc(12);
const DSDT = table('DSDT', Buffer.alloc(20, 1));

describe('differences of ACPI tables', () => {
  it('count vCPUs that are enabled', () => {
    const of = (...processors: readonly Buffer[]) =>
      Buffer.concat([DSDT, Buffer.alloc(4), table('APIC', MADT_HEAD, ...processors)]);
    expect(
      acpiDifference(
        of(processor(0, 1), processor(1, 0)),
        of(processor(0, 1), processor(1, 1), processor(2, 1)),
      ),
    ).toBe('APIC: vCPUs 1 → 3');
  });

  it('sum memory', () => {
    const of = (...ranges: readonly Buffer[]) => table('SRAT', SRAT_HEAD, ...ranges);
    expect(acpiDifference(of(memory(2048)), of(memory(2048), memory(2048)))).toBe(
      'SRAT: MiB of memory 2048 → 4096',
    );
  });

  it('name tables', () => {
    const [hpet, tpm2] = [table('HPET'), table('TPM2')];
    expect(
      acpiDifference(
        Buffer.concat([DSDT, hpet]),
        Buffer.concat([table('DSDT', Buffer.alloc(24, 1)), tpm2]),
      ),
    ).toBe('DSDT: 56 → 60 bytes; the table HPET is missing; there is a table TPM2 more');
    expect(acpiDifference(DSDT, table('DSDT', Buffer.alloc(20, 2)))).toBe('DSDT differs');
  });

  it('are not made of anything else', () => {
    expect(acpiDifference(Buffer.alloc(64), DSDT)).toBeUndefined();
    const bytes = fc.uint8Array({ maxLength: 100 }).map((tail) => Buffer.concat([DSDT, tail]));
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(acpiDifference(a, b) ?? 'none').toMatch(/^\P{Cc}+$/u);
      }),
    );
  });
});

describeWithFixtures('the ACPI tables of a recorded machine', () => {
  it('show its vCPUs', () => {
    const tar = fixtureBytes('boots/ii-sbon/acpi.tar');
    const name = tar.indexOf('acpi/APIC\0');
    const size = Number.parseInt(tar.toString('latin1', name + 124, name + 135), 8);
    const apic = Buffer.from(tar.subarray(name + 512, name + 512 + size));
    const arguments_ = JSON.parse(fixtureBytes('boots/ii-sbon/qemu.args.json').toString('utf8'));
    const vcpus = Number(arguments_[arguments_.indexOf('-smp') + 1]);
    const without = Buffer.from(apic);
    without.writeUInt32LE(0, 44 + 4); // the first entry is a processor
    expect(acpiDifference(apic, without)).toBe(`APIC: vCPUs ${vcpus} → ${vcpus - 1}`);
  });
});
