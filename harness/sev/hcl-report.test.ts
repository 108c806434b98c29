import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { readAttestationReport } from './attestation-report.ts';
import { bindsRuntimeData, isHclReport, readHclReport } from './hcl-report.ts';
import { MILAN_VCEK, makeChain, makeReport } from './testing/make-report.ts';

const { key } = makeChain(MILAN_VCEK);

const RUNTIME = JSON.stringify({
  keys: [{ kid: 'HCLAkPub', kty: 'RSA', e: 'AQAB', n: 'AQ' }],
  'vm-configuration': { 'secure-boot': true },
});

const HASHES = ['', 'sha256', 'sha384', 'sha512'];

function make(runtime = RUNTIME, how: { hash?: number; type?: number; size?: number } = {}) {
  const { hash = 1, type = 2, size = Buffer.byteLength(runtime) } = how;
  const header = Buffer.alloc(32);
  header.write('HCLA');
  const algorithm = HASHES[hash] || 'sha256';
  const reportData = createHash(algorithm).update(runtime).digest();
  const words = Buffer.alloc(20);
  for (const [index, word] of [20 + size, 1, type, hash, size].entries()) {
    words.writeUInt32LE(word, index * 4);
  }
  const parts = [
    header,
    makeReport({ reportData }, key),
    words,
    Buffer.from(runtime),
    Buffer.alloc(64),
  ];
  return Buffer.concat(parts);
}

const read = (bytes: Uint8Array) => readHclReport(bytesSource('hcl.bin', bytes));

describe("a report of Azure's paravisor", () => {
  it.each([1, 2, 3])('vouches for its runtime data with hash %i', (hash) => {
    const hcl = read(make(RUNTIME, { hash }));
    expect(hcl.algorithm).toBe(HASHES[hash]);
    expect(hcl.runtimeData).toEqual(JSON.parse(RUNTIME));
    expect(hcl.ak).toMatchObject({ kid: 'HCLAkPub', e: 'AQAB' });
    const { reportData } = readAttestationReport(hcl.report);
    expect(bindsRuntimeData(hcl, reportData)).toBe(true);
  });

  it('does not vouch for other runtime data', () => {
    const hcl = read(make(RUNTIME.replace('true', 'null')));
    const { reportData } = readAttestationReport(read(make()).report);
    expect(bindsRuntimeData(hcl, reportData)).toBe(false);
    expect(bindsRuntimeData(hcl, new Uint8Array(64))).toBe(false);
  });

  it('may have no key', () => {
    expect(read(make('{}')).ak).toBeUndefined();
  });

  it.each([
    ['of other hardware', make(RUNTIME, { type: 4 })],
    ['with an unknown hash', make(RUNTIME, { hash: 9 })],
    ['with too much runtime data', make(RUNTIME, { size: 1 << 20 })],
    ['with runtime data beyond the end', make(RUNTIME, { size: 5000 })],
    ['with runtime data that is no JSON', make('{"keys":')],
    ['with keys that are none', make('{"keys":[1]}')],
    ['that is cut', make().subarray(0, 1300)],
  ])('%s is refused', (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('is told by how it begins', () => {
    expect(isHclReport(bytesSource('a', make()))).toBe(true);
    expect(isHclReport(bytesSource('b', makeReport({}, key)))).toBe(false);
    expect(isHclReport(bytesSource('c', Buffer.from('HCLA')))).toBe(false);
  });

  it('is read or refused, however it is damaged', () => {
    fc.assert(
      fc.property(mutations(make()), (damaged) => {
        resultOrFormatError(() => read(damaged));
      }),
    );
  });
});
