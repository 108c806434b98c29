import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { encodePlatform, readPlatform } from './platform-file.ts';

const file = (bytes: Uint8Array) => bytesSource('platform.json.gz', bytes);

describe('the file of a platform', () => {
  it('keeps every byte', () => {
    const platform = {
      fwCfg: new Map([['etc/acpi/rsdp', Uint8Array.of(0, 255, 1)]]),
      firmwareMemory: { peiVolume: new Uint8Array(5000).fill(7) },
    };
    const { fwCfg, firmwareMemory } = readPlatform(file(encodePlatform(platform)));
    expect([...(fwCfg ?? [])].map(([name, bytes]) => [name, [...bytes]])).toEqual([
      ['etc/acpi/rsdp', [0, 255, 1]],
    ]);
    expect(firmwareMemory?.peiVolume.length).toBe(5000);
    expect(readPlatform(file(encodePlatform({})))).toEqual({});
  });

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['another file', Buffer.from('{}')],
    ['half a file', encodePlatform({}).subarray(0, 15)],
    ['other JSON', gzipSync('{"fwCfg":{"a":7}}')],
    ['a bomb', gzipSync(Buffer.alloc(65 << 20))],
  ])('is refused where it is %s', (_, bytes) => {
    expect(() => readPlatform(file(bytes))).toThrow(FormatError);
  });

  it('is read or refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isPacked) => {
        try {
          readPlatform(file(isPacked ? gzipSync(bytes) : bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
