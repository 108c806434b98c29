import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { type EventLog, readEventLog } from './event-log.ts';
import {
  agileRecord,
  ascii,
  digestOf,
  sha1Record,
  specIdRecord,
  u32,
} from './testing/log-bytes.ts';

const SHA1 = 0x0004;
const SHA256 = 0x000b;
const SM3 = 0x0012;
const ZEROS = Buffer.alloc(4);

const separator = agileRecord(
  7,
  'EV_SEPARATOR',
  [
    [SHA1, digestOf('sha1', 1)],
    [SHA256, digestOf('sha256', 2)],
  ],
  ZEROS,
);
const header = specIdRecord([
  [SHA1, 20],
  [SHA256, 32],
]);

function read(...parts: readonly Uint8Array[]): EventLog {
  return readEventLog(bytesSource('log', Buffer.concat(parts)));
}

describe('a crypto-agile log', () => {
  it('is read record by record, the Spec ID event included', () => {
    const log = read(header, separator);
    expect(log.spec).toBe('Spec ID Event03');
    expect(log.algorithms).toEqual(['sha1', 'sha256']);
    expect(log.startupLocality).toBe(0);
    expect(log.padding).toBeNull();
    expect(log.events[0]).toMatchObject({ index: 0, pcr: 0, type: 'EV_NO_ACTION', offset: 0 });
    expect(log.events[1]).toMatchObject({
      index: 1,
      pcr: 7,
      type: 'EV_SEPARATOR',
      typeNumber: 4,
      digests: { sha1: digestOf('sha1', 1), sha256: digestOf('sha256', 2) },
      offset: header.length,
      dataOffset: header.length + separator.length - 4,
    });
    expect(toHex(log.events[1]?.data ?? Buffer.of(1))).toBe('00000000');
  });

  it('may have events without a digest of every announced algorithm', () => {
    const event = agileRecord(0, 'EV_POST_CODE', [[SHA256, digestOf('sha256', 3)]], ascii('x'));
    expect(read(header, event).events[1]?.digests).toEqual({ sha256: digestOf('sha256', 3) });
  });

  it('may have algorithms that this project does not compute, with the size it announces', () => {
    const odd = specIdRecord([
      [SM3, 32],
      [0x0099, 5],
    ]);
    const event = agileRecord(
      0,
      0x8401,
      [
        [0x0099, '0102030405'],
        [SM3, digestOf('sha256', 4)],
      ],
      ZEROS,
    );
    const log = read(odd, event);
    expect(log.algorithms).toEqual(['sm3_256', '0x99']);
    expect(log.events[1]?.type).toBe('0x8401');
    expect(log.events[1]?.digests).toEqual({
      '0x99': '0102030405',
      sm3_256: digestOf('sha256', 4),
    });
  });

  it.each([0x00, 0xff])('ends where padding of byte %s starts', (byte) => {
    const log = read(header, separator, Buffer.alloc(61, byte));
    expect(log.events).toHaveLength(2);
    expect(log.padding).toEqual({ offset: header.length + separator.length, size: 61, byte });
  });

  it('may have EV_NO_ACTION for what is no PCR', () => {
    const event = agileRecord(0xffffffff, 'EV_NO_ACTION', [], ascii('SP800-155 Event3'));
    expect(read(header, event).events[1]?.pcr).toBe(0xffffffff);
  });

  it.each([
    ['no algorithm', specIdRecord([]), 0x38],
    ['a digest size that is not the algorithm’s', specIdRecord([[SHA256, 20]]), 0x3c],
    [
      'an algorithm twice',
      specIdRecord([
        [SHA1, 20],
        [SHA1, 20],
      ]),
      0x40,
    ],
    ['an algorithm without a digest', specIdRecord([[0x0099, 0]]), 0x3c],
  ])('is refused where it announces %s', (_what, specId, offset) => {
    expect(() => read(specId)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it.each([
    ['a digest that was not announced', agileRecord(0, 'EV_IPL', [[0x000c, '00']], ZEROS), 12],
    [
      'a digest twice',
      agileRecord(
        0,
        'EV_IPL',
        [
          [SHA1, digestOf('sha1', 0)],
          [SHA1, digestOf('sha1', 0)],
        ],
        ZEROS,
      ),
      34,
    ],
    [
      'more digests than were announced',
      Buffer.concat([u32(0), u32(4), u32(0xffffffff), ZEROS]),
      8,
    ],
    ['a PCR that does not exist', agileRecord(24, 'EV_SEPARATOR', [], ascii('x')), 0],
    [
      'data beyond the end',
      Buffer.concat([u32(0), u32(4), u32(0), u32(0xfffffff0), ascii('data')]),
      16,
    ],
    ['half a record', ascii('\x01\x02'), 0],
  ])('is refused where an event has %s', (_what, event, offset) => {
    expect(() => read(header, event)).toThrow(
      expect.objectContaining({ name: 'FormatError', offset: header.length + offset }),
    );
  });
});

describe('a SHA-1 log', () => {
  const crtm = sha1Record(0, 'EV_S_CRTM_VERSION', digestOf('sha1', 1), ascii('v1'));

  it('needs no Spec ID event', () => {
    const log = read(crtm, sha1Record(7, 'EV_SEPARATOR', digestOf('sha1', 2), ZEROS));
    expect(log.spec).toBeNull();
    expect(log.algorithms).toEqual(['sha1']);
    expect(log.events.map(({ pcr, digests }) => [pcr, digests])).toEqual([
      [0, { sha1: digestOf('sha1', 1) }],
      [7, { sha1: digestOf('sha1', 2) }],
    ]);
  });

  it('may have one of an earlier version', () => {
    const specId = sha1Record(0, 'EV_NO_ACTION', digestOf('sha1', 0), ascii('Spec ID Event02\0'));
    expect(read(specId, crtm)).toMatchObject({ spec: 'Spec ID Event02', algorithms: ['sha1'] });
  });
});

describe('startup locality', () => {
  const startup = (locality: number) =>
    agileRecord(0, 'EV_NO_ACTION', [], ascii(`StartupLocality\0${String.fromCharCode(locality)}`));
  const hcrtm = agileRecord(0, 'EV_EFI_HCRTM_EVENT', [], ascii('HCRTM'));

  it.each([0, 3, 4])('%s is what the event says', (locality) => {
    expect(read(header, startup(locality)).startupLocality).toBe(locality);
  });

  it('is 4 behind an H-CRTM that measured first', () => {
    expect(read(header, hcrtm).startupLocality).toBe(4);
  });

  it('of a TPM that does not exist is refused', () => {
    expect(() => read(header, startup(5))).toThrow(FormatError);
  });

  it('cannot have two values', () => {
    expect(() => read(header, startup(3), startup(0))).toThrow(FormatError);
    expect(read(header, startup(3), startup(3)).startupLocality).toBe(3);
  });

  it('is needed where it is announced', () => {
    const short = agileRecord(0, 'EV_NO_ACTION', [], ascii('StartupLocality\0'));
    expect(() => read(header, short)).toThrow(FormatError);
  });
});

describe('what is no log', () => {
  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(4096)],
    ['0xff', Buffer.alloc(4096, 0xff)],
    ['text', ascii('sha256:\n  0 : 0x00\n'.repeat(9))],
  ])('%s is refused', (_what, bytes) => {
    expect(() => read(bytes)).toThrow(FormatError);
  });

  it('a disk image is refused without being read', () => {
    const source = { name: 'disk', size: 10 * 2 ** 30, read: () => expect.unreachable() };
    expect(() => readEventLog(source)).toThrow(FormatError);
  });
});

describe('hostile logs', () => {
  it('of any bytes give a log or a FormatError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        expectLogOrFormatError(Buffer.concat([header, separator, tail]));
        expectLogOrFormatError(Buffer.from(tail));
      }),
      { numRuns: 2000 },
    );
  });

  it('with changed bytes give a log or a FormatError', () => {
    const good = Buffer.concat([header, separator, separator, Buffer.alloc(16)]);
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        expectLogOrFormatError(bytes.subarray(0, length));
      }),
      { numRuns: 2000 },
    );
  });

  it('of 60 KB with as many events as fit are read in less than a second', () => {
    const smallest = agileRecord(0, 'EV_POST_CODE', [], Buffer.alloc(0));
    const count = Math.floor(60_000 / smallest.length);
    const started = performance.now();
    const log = read(header, ...Array.from({ length: count }, () => smallest));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(log.events).toHaveLength(count + 1);
  });
});

function expectLogOrFormatError(bytes: Uint8Array): void {
  try {
    expect(readEventLog(bytesSource('log', bytes)).events.length).toBeGreaterThan(0);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}
