import { FormatError } from '../../../harness/bytes/format-error.ts';
import type { FuzzTarget } from '../target.ts';

const sound = () => [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)];
const refuse = (found: number | undefined) =>
  new FormatError({
    file: 'planted',
    offset: 0,
    expected: 'a byte of another value',
    found: `${found}`,
  });

const held: unknown[] = [];

/** Readers with the faults that fuzzing is for. */
export const TARGETS: readonly FuzzTarget[] = [
  {
    name: 'sound',
    covers: [],
    made: sound,
    read: ([first]) => {
      if (first === 1) return 'a value';
      throw refuse(first);
    },
  },
  {
    name: 'throws',
    covers: [],
    made: sound,
    read: (bytes) => {
      if (bytes.includes(0x80)) throw new TypeError('planted');
      return bytes.length;
    },
  },
  {
    name: 'throws-deep',
    covers: [],
    made: sound,
    // Reached by keeping what behaves in a new way: high and low bytes in turn, each of no use without
    // those before.
    read: (bytes) => {
      const turns = bytes.findIndex((byte, at) => byte >> 6 !== (at % 2 === 0 ? 3 : 1));
      if (turns === -1 || turns >= 5) throw new TypeError('planted');
      throw new FormatError({ file: '', offset: 2 ** turns, expected: 'another byte', found: '' });
    },
  },
  {
    name: 'hangs',
    covers: [],
    made: sound,
    read: (bytes) => {
      while (bytes.length < 8);
      return bytes.length;
    },
  },
  {
    name: 'allocates',
    covers: [],
    made: sound,
    read: (bytes) => (bytes.length > 8 ? new Uint8Array(1 << 30).length : 0),
  },
  {
    name: 'fills-heap',
    covers: [],
    made: sound,
    read: (bytes) => {
      while (bytes.length > 8) held.push(Array.from({ length: 1000 }, (_, index) => ({ index })));
      return 0;
    },
  },
  {
    name: 'slow',
    covers: [],
    made: sound,
    read: (bytes) => {
      if (bytes[0] !== 1) useProcessor(1200);
      return 0;
    },
  },
];

/** Time of the processor, not of the clock: other processes take their share of that. */
function useProcessor(milliseconds: number): void {
  const before = process.threadCpuUsage();
  for (let used = 0; used < milliseconds * 1000; ) {
    for (const end = performance.now() + 10; performance.now() < end; );
    const { user, system } = process.threadCpuUsage(before);
    used = user + system;
  }
}
