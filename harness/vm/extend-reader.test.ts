import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PcrExtend } from '../tpm/pcr-extend.ts';
import { extendCommand, loggedExchange } from '../tpm/testing/swtpm-text.ts';
import { ExtendReader, measures } from './extend-reader.ts';

const digest = (algorithm: string, text: string) =>
  createHash(algorithm).update(text).digest('hex');

function read(log: string, chunkBytes = log.length): readonly PcrExtend[] {
  const reader = new ExtendReader();
  const bytes = Buffer.from(log);
  const count = Math.ceil(bytes.length / chunkBytes);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  ).flatMap((chunk) => [...reader.push(chunk)]);
}

const sha1 = ['0004', digest('sha1', 'volume')] as const;
const sha256 = ['000b', digest('sha256', 'volume')] as const;
const sha384 = ['000c', digest('sha384', 'volume')] as const;
const GET_RANDOM = '80010000000c0000017b0010';

describe("the extends in swtpm's log", () => {
  const log = [
    ' Ctrl Cmd: length 4\n 00 00 00 01 \n Ctrl Rsp: length 8\n 00 00 00 00 00 00 FF FF \n',
    loggedExchange(GET_RANDOM),
    loggedExchange(extendCommand(0, [sha1, sha256])),
    loggedExchange(extendCommand(7, [sha384])),
  ].join('');

  it('are read in order, with their digests', () => {
    expect(read(log)).toEqual([
      { pcr: 0, digests: { sha1: sha1[1], sha256: sha256[1] } },
      { pcr: 7, digests: { sha384: sha384[1] } },
    ]);
  });

  it('are the same however the log comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (chunkBytes) => {
        expect(read(log, chunkBytes)).toEqual(read(log));
      }),
    );
  });

  it('are none where the log is something else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(read(`${text}\n`)).toEqual([]);
      }),
    );
    expect(read(loggedExchange(extendCommand(0, [['ffff', '00']])))).toEqual([]);
    expect(read(loggedExchange(extendCommand(0, [sha256]).slice(0, -2)))).toEqual([]);
    expect(read(` SWTPM_IO_Read: length 99999999999\n ${'80 '.repeat(16)}\n`)).toEqual([]);
  });
});

describe('what an extend measures', () => {
  const volume = Buffer.from('volume');
  const extend = (...digests: readonly (readonly [string, string])[]) =>
    read(loggedExchange(extendCommand(0, digests))).map((one) => measures(one, volume));

  it('is told by all its digests', () => {
    expect(extend(sha1, sha256, sha384)).toEqual([true]);
    expect(extend(sha256, ['000c', digest('sha384', 'other')])).toEqual([false]);
    expect(extend(['000b', digest('sha256', 'other')])).toEqual([false]);
  });

  it('is not told by SHA-1', () => expect(extend(sha1)).toEqual([false]));
});
