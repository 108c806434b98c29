import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, LineSplitter } from './line-splitter.ts';

function split(chunks: readonly Uint8Array[], maxBytes: number): readonly Line[] {
  const splitter = new LineSplitter(maxBytes);
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
}

describe('lines', () => {
  it('end at a line feed, without the carriage returns before it', () => {
    expect(split([Buffer.from('a\r\nb\r\r\n\nc\rd')], 80)).toEqual([
      { text: 'a', ended: true },
      { text: 'b', ended: true },
      { text: '', ended: true },
      { text: 'c\rd', ended: false },
    ]);
  });

  it('keep characters that two chunks share', () => {
    const bytes = Buffer.from('é\n');
    expect(split([bytes.subarray(0, 1), bytes.subarray(1)], 80)).toEqual([
      { text: 'é', ended: true },
    ]);
  });

  it('beyond the limit come in pieces', () => {
    expect(split([Buffer.from('abcdefgh\n')], 3)).toEqual([
      { text: 'abc', ended: false },
      { text: 'def', ended: false },
      { text: 'gh', ended: true },
    ]);
  });

  it('are the same however the bytes arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 })),
        fc.integer({ min: 1, max: 20 }),
        (chunks, maxBytes) => {
          const whole = split([Buffer.concat(chunks)], maxBytes);
          expect(split(chunks, maxBytes)).toEqual(whole);
          for (const { text } of whole) expect(text.length).toBeLessThanOrEqual(maxBytes);
        },
      ),
    );
  });

  it('lose no byte of plain text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (plain, maxBytes) => {
        const lines = split([Buffer.from(plain)], maxBytes);
        const again = lines.map((line) => line.text + (line.ended ? '\n' : '')).join('');
        expect(again).toBe(plain);
      }),
    );
  });
});
