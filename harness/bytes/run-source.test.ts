import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSource } from './run-source.ts';
import { type ByteSource, bytesSource, readRange } from './source.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);

/** A source that notes which bytes are read of it. */
function watched(): ByteSource & { readonly reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    ...bytesSource('disk', bytes),
    reads,
    read: (offset, length) => {
      if (length > 0) reads.push([offset, length]);
      return bytes.subarray(offset, offset + length);
    },
  };
}

describe('pieces of a source', () => {
  it('read like the bytes put together', () => {
    const run = fc.record({ offset: fc.nat(80), length: fc.integer({ min: 1, max: 20 }) });
    const runs = fc.array(run, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(runs, fc.nat(), fc.nat(), (pieces, from, count) => {
        const whole = pieces.flatMap(({ offset, length }) => [
          ...bytes.subarray(offset, offset + length),
        ]);
        const start = from % (whole.length + 1);
        const length = count % (whole.length - start + 1);
        const source = runSource(bytesSource('disk', bytes), pieces, whole.length, 'file');
        expect([...source.read(start, length)]).toEqual(whole.slice(start, start + length));
      }),
    );
  });

  it('are read only where they are asked for', () => {
    const disk = watched();
    const runs = [
      { offset: 10, length: 10 },
      { offset: 50, length: 10 },
    ];
    const file = runSource(disk, runs, 15, 'file');
    expect(disk.reads).toEqual([]);
    expect([...file.read(9, 3)]).toEqual([19, 50, 51]);
    expect(disk.reads).toEqual([
      [19, 1],
      [50, 2],
    ]);
  });

  it('end where the file ends', () => {
    const file = runSource(bytesSource('disk', bytes), [{ offset: 0, length: 10 }], 7, 'file');
    expect(() => readRange(file, 0, 8, 'header')).toThrow(
      'file: at 0x0: expected 8 bytes of header, found a file that ends at 0x7',
    );
  });

  it('have to lie in the source', () => {
    const runs = [{ offset: 95, length: 6 }];
    expect(() => runSource(bytesSource('disk', bytes), runs, 6, 'file')).toThrow(
      expect.objectContaining({ name: 'FormatError', file: 'disk' }),
    );
  });
});
