import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../harness/bytes/seeded-random.ts';
import { gptHeaderCrc } from '../../harness/formats/gpt-header.ts';
import { makeGptDisk } from '../../harness/formats/testing/make-gpt.ts';
import { makeCertificate, makeEcKey } from '../../harness/formats/testing/make-signature.ts';
import { mutate } from './mutate.ts';
import { mutateDer } from './mutate-der.ts';
import { repairGpt } from './repair-gpt.ts';
import type { Mutant } from './target.ts';

const INPUT = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);

function mutant(seed: string, changes: Partial<Mutant> = {}): Mutant {
  const random = seededRandom(seed);
  return { random, other: new Uint8Array(50).fill(0xee), words: [], maxBytes: 310, ...changes };
}

describe('mutate', () => {
  test('leaves its input as it is, and never makes one that is too long', () => {
    const before = INPUT.slice();
    const buffer = Buffer.from(INPUT);
    for (let seed = 0; seed < 2000; seed++) {
      expect(mutate(INPUT, mutant(`${seed}`)).length).toBeLessThanOrEqual(310);
      mutate(buffer, mutant(`${seed}`));
    }
    expect(INPUT).toEqual(before);
    expect(buffer).toEqual(Buffer.from(before));
  });

  test('depends on the seed alone', () => {
    expect(mutate(INPUT, mutant('a'))).toEqual(mutate(INPUT, mutant('a')));
    const results = Array.from({ length: 100 }, (_, seed) => mutate(INPUT, mutant(`${seed}`)));
    expect(
      new Set(results.map((bytes) => Buffer.from(bytes).toString('hex'))).size,
    ).toBeGreaterThan(80);
  });

  test('takes nothing amiss: no bytes, one byte', () => {
    for (let seed = 0; seed < 1000; seed++) {
      mutate(new Uint8Array(0), mutant(`${seed}`, { other: new Uint8Array(0) }));
      mutate(Uint8Array.of(1), mutant(`${seed}`));
    }
  });

  test('uses words, other inputs and all places', () => {
    const word = Buffer.from('WORD');
    const results = Array.from({ length: 3000 }, (_, seed) =>
      Buffer.from(mutate(INPUT, mutant(`${seed}`, { words: [word] }))),
    );
    expect(results.some((bytes) => bytes.includes(word))).toBe(true);
    expect(results.some((bytes) => bytes.includes(Buffer.alloc(20, 0xee)))).toBe(true);
    const changed = INPUT.map((byte, at) => (results.some((bytes) => bytes[at] !== byte) ? 1 : 0));
    expect(changed.every((one) => one === 1)).toBe(true);
  });
});

test('seeded numbers fill their range evenly', () => {
  const random = seededRandom('any');
  const counts = new Array<number>(16).fill(0);
  for (let done = 0; done < 16_000; done++) {
    const value = random.below(16);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});

test('changed DER is DER: every length is right again', () => {
  const certificate = makeCertificate({ subject: 'a', key: makeEcKey() });
  let readable = 0;
  for (let seed = 0; seed < 300; seed++) {
    const changed = mutateDer(
      certificate.slice(),
      mutant(`${seed}`, { other: certificate, maxBytes: 4096 }),
    );
    try {
      readable += new X509Certificate(changed).raw.length > 0 ? 1 : 0;
    } catch {
      // OpenSSL does not take every change.
    }
  }
  expect(readable).toBeGreaterThan(20);
});

test('a changed GPT has right checksums again', () => {
  const disk = makeGptDisk({ partitions: [] });
  disk[512 + 60] = 0x77;
  repairGpt(disk);
  const header = disk.subarray(512, 512 + 92);
  expect(new DataView(disk.buffer).getUint32(512 + 16, true)).toBe(gptHeaderCrc(header));
});
