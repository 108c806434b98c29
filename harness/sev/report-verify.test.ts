import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { readAttestationReport } from './attestation-report.ts';
import { readCertificateFile } from './certificate-file.ts';
import { verifyReport } from './report-verify.ts';
import {
  CHIP,
  type MadeChain,
  type MadeReport,
  MILAN_VCEK,
  MILAN_VLEK,
  makeChain,
  makeReport,
  TURIN_VCEK,
} from './testing/make-report.ts';

const MILAN = makeChain(MILAN_VCEK);
const VLEK = makeChain(MILAN_VLEK);
const TURIN = makeChain(TURIN_VCEK, 'Turin');

const TURIN_REPORT: MadeReport = {
  version: 5,
  cpuid: [0x1a, 2, 1],
  reportedTcb: [1, 2, 3, 4, 0, 0, 0, 5],
  chipId: Uint8Array.from({ length: 64 }, (_, index) => (index < 8 ? 0xc1 : 0)),
};

const read = (...files: readonly Uint8Array[]) =>
  files.flatMap((file) => readCertificateFile(bytesSource('cert', file)));

type Expectations = Partial<Parameters<typeof verifyReport>[1]>;

function verify(report: Uint8Array, chain: MadeChain, expected: Expectations = {}) {
  const parsed = readAttestationReport(bytesSource('report.bin', report));
  const certificates = read(chain.ark, chain.vek, chain.ask);
  return verifyReport(parsed, { certificates, at: new Date('2030-01-01'), ...expected });
}

/** The names of the checks that failed. */
function failures(report: Uint8Array, chain: MadeChain, expected: Expectations = {}) {
  return verify(report, chain, expected).flatMap(({ name, ok }) => (ok ? [] : [name]));
}

describe('a report that verifies', () => {
  it.each([
    ['version 2, that does not name its CPU', { version: 2, cpuid: [0, 0, 0] }, MILAN],
    ['version 3', {}, MILAN],
    ['version 5 with mitigations', { version: 5, set: [[0x1f8, 0xb]] }, MILAN],
    ['by a VLEK', { signingKey: 1 }, VLEK],
    ['by a VLEK, of a chip that is hidden', { signingKey: 1, chipId: new Uint8Array(64) }, VLEK],
    ['of a Turin', TURIN_REPORT, TURIN],
  ] as const)('%s', (_, made, chain) => {
    expect(failures(makeReport(made, chain.key), chain)).toEqual([]);
  });

  it('says whose root it rests on', () => {
    const checks = verify(makeReport({}, MILAN.key), MILAN);
    expect(checks.find(({ name }) => name === 'chain')?.detail).toContain(
      'SEV-VCEK ← SEV-Milan ← ARK-Milan, trusted because it is given',
    );
  });

  it('says what is expected', () => {
    const measurement = new Uint8Array(48).fill(0xaa);
    const hostData = new Uint8Array(32).fill(0xbb);
    const reportData = new Uint8Array(64);
    const minTcb = { snp: 8, microcode: 0xd2 };
    const expected = { measurement, hostData, reportData, minTcb };
    expect(failures(makeReport({}, MILAN.key), MILAN, expected)).toEqual([]);
  });
});

describe('what is told of a report', () => {
  const details = (bytes: Uint8Array, expected: Expectations = {}) =>
    Object.fromEntries(verify(bytes, MILAN, expected).map(({ name, detail }) => [name, detail]));

  it('is what was found', () => {
    const minTcb = { snp: 8 };
    expect(details(makeReport({}, MILAN.key), { minTcb })).toMatchObject({
      reserved: 'reserved bytes are zero',
      signature: 'ECDSA P-384 with SHA-384 by the VCEK in cert',
      signingKey: 'the report names a VCEK, the key is a VCEK',
      validity: 'all valid at 2030-01-01T00:00:00.000Z',
      product: expect.stringMatching(/^VEK Milan-B0, report Milan, root ARK-Milan$/),
      chipId: `the VCEK is of the chip ${Buffer.from(CHIP).toString('hex')}`,
      tcb: 'REPORTED_TCB is that of the VEK',
      minTcb: 'REPORTED_TCB is not below',
    });
  });

  it('is what should have been', () => {
    const chipId = new Uint8Array(64).fill(1);
    const bytes = makeReport({ signingKey: 7, chipId, set: [[0x29f, 1]] }, VLEK.key);
    const minTcb = { snp: 0xff };
    const at = new Date('2041-01-01');
    const found = details(bytes, { minTcb, at, hostData: new Uint8Array(32) });
    expect(found).toMatchObject({
      reserved: 'the reserved byte at 0x29f is set',
      signingKey: 'the report names a none, the key is a VCEK',
      validity: expect.stringMatching(/^SEV-VCEK.* not valid at 2041-01-01T00:00:00\.000Z$/),
      chipId: `the VCEK is not of the chip ${'01'.repeat(64)}`,
      hostData: `${'bb'.repeat(32)}, not ${'00'.repeat(32)}`,
      minTcb: expect.stringContaining('255'),
    });
    const none = verify(bytes, MILAN, { certificates: [] });
    expect(none.map(({ detail }) => detail)).toContain(
      'no certificate of a none among the 0 given',
    );
  });

  it('is which certificate of the chain is missing, and that a host hides its chip', () => {
    const { vek, ask, ark } = MILAN;
    const chainOf = (...files: readonly Uint8Array[]) =>
      details(makeReport({}, MILAN.key), { certificates: read(...files) });
    expect(chainOf(vek, ark)['chain']).toBe('SEV-VCEK: no ASK that signed the last is given');
    expect(chainOf(vek, ask)['chain']).toBe(
      'SEV-VCEK ← SEV-Milan: no ARK that signed the last is given',
    );
    expect(chainOf(vek, ask)['product']).toContain('root missing');
    const hidden = makeReport({ chipId: new Uint8Array(64) }, MILAN.key);
    expect(details(hidden)['chipId']).toBe('the host hides the chip id');
    const silent = makeReport({ version: 2, cpuid: [0, 0, 0] }, MILAN.key);
    expect(details(silent)['product']).toContain('report does not say');
  });
});

describe('of several keys', () => {
  const certificates = read(VLEK.vek, VLEK.ask, VLEK.ark, MILAN.vek, MILAN.ask, MILAN.ark);
  const of = (made: MadeReport, chain: MadeChain) =>
    failures(makeReport(made, chain.key), MILAN, { certificates });

  it('the one that signed is taken, whatever comes first', () => {
    expect(of({}, MILAN)).toEqual([]);
    expect(of({ signingKey: 1 }, VLEK)).toEqual([]);
  });

  it('the one of this chip is taken where none signed, else one of the kind that is named', () => {
    expect(of({}, TURIN)).toEqual(['signature']);
    expect(of({ signingKey: 1 }, TURIN)).toEqual(['signature', 'signingKey']);
    const chipId = new Uint8Array(64).fill(1);
    expect(of({ chipId }, TURIN)).toEqual(['signature', 'chipId']);
    expect(of({ chipId, signingKey: 1 }, TURIN)).toEqual(['signature']);
  });
});

describe('a report that does not verify', () => {
  const report = makeReport({}, MILAN.key);

  it.each([
    ['of another key', makeReport({}, VLEK.key), ['signature']],
    ['of another chip', makeReport({ chipId: CHIP.toReversed().fill(1) }, MILAN.key), ['chipId']],
    [
      'of another TCB',
      makeReport({ reportedTcb: [3, 0, 0, 0, 0, 0, 9, 0xd2] }, MILAN.key),
      ['tcb'],
    ],
    ['of another product', makeReport({ cpuid: [0x19, 0x11, 0] }, MILAN.key), ['product']],
    [
      'of a product that is unknown',
      makeReport({ cpuid: [0x1b, 0, 0] }, MILAN.key),
      ['product', 'tcb'],
    ],
    ['that names a VLEK', makeReport({ signingKey: 1 }, MILAN.key), ['signingKey']],
    ['that names no key', makeReport({ signingKey: 7 }, MILAN.key), ['signingKey']],
    ['with another algorithm', makeReport({ set: [[0x34, 2]] }, MILAN.key), ['signature']],
    ['with a reserved byte', makeReport({ set: [[0x29f, 1]] }, MILAN.key), ['reserved']],
  ])('%s', (_, bytes, names) => {
    expect(failures(bytes, MILAN)).toEqual(expect.arrayContaining(names));
  });

  it.each([
    ['measurement', { measurement: new Uint8Array(48) }],
    ['reportData', { reportData: new Uint8Array(64).fill(1) }],
    ['hostData', { hostData: new Uint8Array(32) }],
    ['minTcb', { minTcb: { snp: 9 } }],
    ['minTcb', { minTcb: { fmc: 0 } }],
    ['validity', { at: new Date('2019-12-31') }],
    ['validity', { at: new Date('2041-01-01') }],
  ])('for its %s', (name, expected) => {
    expect(failures(report, MILAN, expected)).toEqual([name]);
  });

  it.each([0, 31, 63])('of a chip whose id differs in byte %i alone', (at) => {
    const chipId = Uint8Array.from(CHIP, (byte, index) => (index === at ? byte ^ 1 : byte));
    expect(failures(makeReport({ chipId }, MILAN.key), MILAN)).toEqual(['chipId']);
  });

  it('of a Turin with something behind its eight bytes', () => {
    const chipId = TURIN_REPORT.chipId?.with(8, 1);
    const bytes = makeReport({ ...TURIN_REPORT, ...(chipId && { chipId }) }, TURIN.key);
    expect(failures(bytes, TURIN)).toEqual(['chipId']);
  });

  it('for certificates that are not there', () => {
    const { vek, ask, ark } = MILAN;
    expect(failures(report, MILAN, { certificates: [] })).toEqual(['signature', 'chain']);
    expect(failures(report, MILAN, { certificates: read(ask, ark) })).toEqual([
      'signature',
      'chain',
    ]);
    expect(failures(report, MILAN, { certificates: read(vek, ark) })).toContain('chain');
    expect(failures(report, MILAN, { certificates: read(vek, ask) })).toContain('chain');
  });

  it('for an ASK that did not sign the VEK', () => {
    const other = makeChain(MILAN_VCEK);
    const forged = { ...MILAN, vek: Uint8Array.from(MILAN.vek) };
    forged.vek[forged.vek.length - 1] = (forged.vek.at(-1) ?? 0) ^ 1;
    expect(failures(report, forged)).toContain('chain');
    expect(failures(report, { ...MILAN, ask: other.vek })).toContain('chain');
  });

  it('for the layout of its TCB', () => {
    const bytes = makeReport({ ...TURIN_REPORT, reportedTcb: [2, 3, 0, 0, 0, 0, 4, 5] }, TURIN.key);
    expect(failures(bytes, TURIN)).toEqual(['tcb']);
  });
});

describe('a report that cannot be read', () => {
  const report = makeReport({}, MILAN.key);

  it.each([
    ['short', report.subarray(0, 1183)],
    ['long', Buffer.concat([report, Uint8Array.of(0)])],
    ['empty', new Uint8Array(0)],
    ['of version 0', makeReport({ version: 0 }, MILAN.key)],
    ['of version 1', makeReport({ version: 1 }, MILAN.key)],
    ['of version 255', makeReport({ version: 255 }, MILAN.key)],
  ])('%s', (_, bytes) => {
    expect(() => readAttestationReport(bytesSource('report.bin', bytes))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });
});

describe('damage', () => {
  it('never makes a report that verifies', () => {
    const report = makeReport({}, MILAN.key);
    fc.assert(
      fc.property(mutations(report), (damaged) => {
        const checks = resultOrFormatError(() => verify(damaged, MILAN));
        const isOk = Array.isArray(checks) && checks.every(({ ok }) => ok);
        expect(isOk).toBe(Buffer.compare(damaged, report) === 0);
      }),
      { numRuns: 200 },
    );
  });

  it('of a certificate makes no other error', () => {
    fc.assert(
      fc.property(mutations(MILAN.vek), (damaged) => {
        resultOrFormatError(() => readCertificateFile(bytesSource('vek.der', damaged)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['neither PEM nor DER', Buffer.from('hello')],
    ['PEM of nothing', Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----')],
    ['empty', new Uint8Array(0)],
  ])('is a file that is %s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('is not PEM with several certificates', () => {
    const pem = [MILAN.ask, MILAN.ark].map(
      (one) =>
        `-----BEGIN CERTIFICATE-----\n${Buffer.from(one).toString('base64')}\n-----END CERTIFICATE-----\n`,
    );
    expect(read(Buffer.from(`AMD's\n${pem.join('')}`))).toHaveLength(2);
  });
});
