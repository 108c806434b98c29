import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../bytes/format-error.ts';
import { bytesSource } from '../../bytes/source.ts';
import { makeVolume } from '../../formats/testing/make-firmware.ts';
import { acpiTableEvents, measuresAcpiTables } from './acpi-tables.ts';

const forecast = { banks: ['sha256'] } as const;

const [ALLOCATE, ADD_POINTER] = [1, 2];

/** QEMU, hw/acpi/bios-linker-loader.c: BiosLinkerLoaderEntry, of 128 bytes. */
function entry(command: number, file: string): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.writeUInt32LE(command, 0);
  bytes.write(file, 4, 'latin1');
  return bytes;
}

const script = Buffer.concat([
  entry(ALLOCATE, 'etc/acpi/rsdp'),
  entry(ALLOCATE, 'etc/acpi/tables'),
  entry(ADD_POINTER, 'etc/acpi/rsdp'),
  Buffer.alloc(256),
]);

const files = new Map<string, Uint8Array>([
  ['bootorder', Uint8Array.of(1)],
  ['etc/acpi/tables', Uint8Array.of(2, 2)],
  ['etc/acpi/rsdp', Uint8Array.of(3)],
  ['etc/table-loader', script],
]);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe("QEMU's ACPI tables", () => {
  it('are measured in the order of the script that loads them, after the script', () => {
    const events = acpiTableEvents(forecast, files);
    expect(events.map(({ digests }) => digests.sha256)).toEqual(
      [script, Uint8Array.of(3), Uint8Array.of(2, 2)].map(sha256),
    );
    expect(events[0]).toMatchObject({
      ...{ pcr: 1, type: 'EV_PLATFORM_CONFIG_FLAGS', agent: 'firmware' },
      description: 'ACPI data of QEMU: etc/table-loader, 640 bytes',
    });
  });

  it('need every file that the script names', () => {
    const found = (missing: string) =>
      acpiTableEvents(forecast, new Map([...files].filter(([name]) => name !== missing)));
    expect(() => found('etc/table-loader')).toThrow('a file etc/table-loader');
    expect(() => found('etc/acpi/tables')).toThrow('a file etc/acpi/tables');
  });

  it('give events or a FormatError, whatever the script is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(script.length), (noise, at) => {
        const bytes = Buffer.concat([script.subarray(0, at), noise]);
        try {
          acpiTableEvents(forecast, new Map([...files, ['etc/table-loader', bytes]]));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe('a firmware', () => {
  const DRIVER = '17985e6f-e778-4d94-aefa-c5dd2b77e186';
  const OTHER = '11111111-2222-3333-4444-555555555555';

  it.each([
    { name: DRIVER, text: 'ACPI DATA\0', measures: true },
    { name: DRIVER, text: 'ACPI tables\0', measures: false },
    { name: OTHER, text: 'ACPI DATA\0', measures: false },
  ])('with $text in $name measures them: $measures', ({ name, text, measures }) => {
    const content = new TextEncoder().encode(text);
    const dxeVolume = bytesSource('DXE', makeVolume({ files: [{ name, content }] }));
    expect(measuresAcpiTables({ dxeVolume })).toBe(measures);
  });
});
