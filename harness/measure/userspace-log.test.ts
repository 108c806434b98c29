import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { digestOf } from './testing/log-bytes.ts';
import { userspaceDigestMatches } from './userspace-digest-match.ts';
import { readUserspaceLog, type UserspaceLog } from './userspace-log.ts';

/** SHA-256 of `enter-initrd` (systemd, src/pcrlock/pcrlock.d/750-enter-initrd.pcrlock). */
const ENTER_INITRD = '51e6b92f405d1f98d96e3de343d61d420ad6923b25de21d766f9298192f14fed';

function record(changes: object = {}): string {
  const value = {
    pcr: 11,
    digests: [{ hashAlg: 'sha256', digest: ENTER_INITRD }],
    content_type: 'systemd',
    content: { string: 'enter-initrd', bootId: '0'.repeat(32), timestamp: 1, eventType: 'phase' },
    ...changes,
  };
  return `\x1e${JSON.stringify(value)}\n`;
}

function read(text: string): UserspaceLog {
  return readUserspaceLog(bytesSource('log', Buffer.from(text, 'utf8')));
}

describe('systemd’s userspace log', () => {
  it('is a sequence of measurements', () => {
    const { events, nvPcrEvents, abortedAt } = read(record() + record({ pcr: 15 }));
    expect(events).toEqual([
      {
        pcr: 11,
        type: 'phase',
        digests: { sha256: ENTER_INITRD },
        description: 'enter-initrd',
        word: 'enter-initrd',
      },
      expect.objectContaining({ pcr: 15 }),
    ]);
    expect(nvPcrEvents).toEqual([]);
    expect(abortedAt).toBeUndefined();
  });

  it('may be empty', () => {
    expect(read('').events).toEqual([]);
  });

  it('also tells of NvPCRs, which are no PCRs', () => {
    const verity = record({
      pcr: undefined,
      nv_index: 0x01d10202,
      content: { nvIndexName: 'verity', string: 'verity:root:00:', eventType: 'dm-verity' },
    });
    const log = read(verity);
    expect(log.events).toEqual([]);
    expect(log.nvPcrEvents).toEqual([
      expect.objectContaining({ nvIndex: 0x01d10202, name: 'verity', type: 'dm-verity' }),
    ]);
  });

  it.each([
    ['in the middle of a value', record().slice(0, 30)],
    ['behind an inner brace', record().slice(0, record().indexOf('}') + 1)],
    ['behind its separator', '\x1e'],
  ])('may break off %s', (_where, start) => {
    const { events, abortedAt } = read(record() + start);
    expect(events).toHaveLength(1);
    expect(abortedAt).toBe(record().length);
  });

  it.each([
    ['no separator', record().slice(1), 0],
    ['a record that is cut in the middle of the log', `\x1e{"pcr":\n${record()}`, 1],
    ['neither a PCR nor an NV index', record({ pcr: undefined }), 1],
    ['both a PCR and an NV index', record({ nv_index: 1 }), 1],
    ['a PCR that does not exist', record() + record({ pcr: 32 }), record().length + 1],
    ['no digest', record({ digests: [] }), 1],
    ['a digest of another size', record({ digests: [{ hashAlg: 'sha1', digest: '00' }] }), 1],
    ['a digest without digits', record({ digests: [{ hashAlg: 'sm9', digest: 'zz' }] }), 1],
    [
      'an algorithm twice',
      record({
        digests: [1, 2].map((byte) => ({ hashAlg: 'sha1', digest: digestOf('sha1', byte) })),
      }),
      1,
    ],
    ['a record that is no object', '\x1e"phase"\n', 1],
  ])('is refused with %s', (_what, text, offset) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it('takes a last record that is whole but for its line feed', () => {
    const { events, abortedAt } = read(record() + record().trimEnd());
    expect([events.length, abortedAt]).toEqual([2, undefined]);
  });

  it('of a record without content is named by its type, or else by whose it is', () => {
    const { events, nvPcrEvents } = read(
      record({ content: undefined, content_type: 'pcclient_std' }) +
        record({ content: undefined, content_type: undefined }) +
        record({ content: undefined, pcr: undefined, nv_index: 1 }),
    );
    expect(events).toEqual([
      expect.objectContaining({ type: 'pcclient_std', description: '', word: undefined }),
      expect.objectContaining({ type: 'systemd' }),
    ]);
    expect(nvPcrEvents).toEqual([expect.objectContaining({ nvIndex: 1, name: undefined })]);
  });

  it('keeps the digest of an algorithm that is not known here', () => {
    const [event] = read(record({ digests: [{ hashAlg: 'sm9', digest: '00FF' }] })).events;
    expect(event?.digests).toEqual({ sm9: '00ff' });
  });

  it.each([
    ['a name of an algorithm with a blank behind', { hashAlg: 'sm9 ', digest: '00' }],
    ['a name of an algorithm with a blank before', { hashAlg: ' sm9', digest: '00' }],
    ['digits behind other signs', { hashAlg: 'sm9', digest: 'zz00' }],
    ['half a byte', { hashAlg: 'sm9', digest: '00f' }],
    ['other signs behind digits', { hashAlg: 'sm9', digest: '00zz' }],
  ])('is refused with %s', (_what, digest) => {
    expect(() => read(record({ digests: [digest] }))).toThrow(FormatError);
  });

  it('is refused where it is larger than any log, and not by a byte sooner', () => {
    const text = record();
    const largest = `${text.trimEnd()}${' '.repeat((4 << 20) - text.length)}\n`;
    expect(read(largest).events).toHaveLength(1);
    expect(() => read(`${largest}\n`)).toThrow(
      'expected a JSON text sequence of at most 4194304 bytes, each text behind 0x1e, found 4194305 bytes',
    );
    expect(() => read('{}')).toThrow('found 2 bytes that start with 0x7b');
  });

  it('is refused in words that say what is wrong', () => {
    expect(() => read(record({ nv_index: 1 }))).toThrow('expected one of pcr and nv_index');
    const digest = { hashAlg: 'sha256', digest: ENTER_INITRD };
    expect(() => read(record({ digests: [digest, digest] }))).toThrow(
      'expected each algorithm once',
    );
    expect(() => read(record({ digests: [{ ...digest, digest: '00' }] }))).toThrow(
      'expected a measurement of systemd, found digests.0: expected hexadecimal digits of the size',
    );
  });

  it('shows foreign text as one printable line', () => {
    const [event] = read(record({ content: { string: '\x1b[2J\n', eventType: '\r' } })).events;
    expect(event).toMatchObject({ description: '\\u{1b}[2J\\u{a}', type: '\\u{d}' });
  });

  it('of any bytes gives a log or a FormatError', () => {
    const good = Buffer.from(record() + record(), 'utf8');
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), fc.nat(good.length), (changes, length) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        expectLogOrFormatError(bytes.subarray(0, length));
      }),
      { numRuns: 2000 },
    );
  });

  it('of 60 KB of separators or brackets costs no time', () => {
    const started = performance.now();
    expectLogOrFormatError(Buffer.alloc(60_000, '\x1e'));
    expectLogOrFormatError(Buffer.from(`\x1e${'['.repeat(60_000)}\n`));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('the digest of a measurement of systemd', () => {
  const [phase] = read(record()).events;
  if (phase === undefined) throw new Error('one event was written');

  it('is that of its word', () => {
    expect(userspaceDigestMatches(phase)).toBe(true);
    expect(userspaceDigestMatches({ ...phase, word: 'leave-initrd' })).toBe(false);
  });

  it.each([
    ['there is none', { word: undefined }],
    ['a secret was measured', { type: 'volume-key', word: 'cryptsetup:root:uuid' }],
    ['it was escaped for the log', { word: 'a\\x0ab' }],
    ['it was cut for the log', { word: 'a...' }],
  ])('is not known from its word where %s', (_why, changes) => {
    expect(userspaceDigestMatches({ ...phase, ...changes })).toBeNull();
  });
});

function expectLogOrFormatError(bytes: Uint8Array): void {
  try {
    expect(readUserspaceLog(bytesSource('log', bytes)).events).toBeDefined();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}
