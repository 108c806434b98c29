import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { FIXTURES_MISSING, openFixtures } from '../formats/testing/fixtures.ts';
import type { Bank } from '../measure/bank.ts';
import { readHclReport } from '../sev/hcl-report.ts';
import { readAttest } from '../tpm/attest.ts';
import { makeAttest, signAttest } from '../tpm/testing/made-quote.ts';
import { readPcrEvidence } from './pcr-evidence-file.ts';
import { type QuoteInput, quoteVerify, renderQuote } from './quote-verify.ts';
import { parseSelection } from './select-option.ts';

type Quote = {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly quote: {
    readonly extra_data: string;
    readonly clock: number;
    readonly firmware_version: string;
    readonly select: readonly { readonly bank: string; readonly pcrs: readonly number[] }[];
    readonly pcr_digest: string;
  };
  readonly event_log?: string;
  readonly pcrs_sha1?: unknown;
  readonly pcrs_sha256?: unknown;
  readonly pcrs_sha384?: unknown;
};

type Certificates = { readonly vek: string; readonly ask: string; readonly ark: string };
type Index = {
  readonly azure_and_quotes: readonly Quote[];
  readonly reports: readonly { readonly cases: readonly Certificates[] }[];
};

const fixtures = openFixtures<Index>('reports', { azure_and_quotes: [], reports: [] });
const QUOTES = fixtures.index.azure_and_quotes.filter(({ files }) => Object.keys(files).length > 1);

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const VALUES = { sha256: { 7: '77'.repeat(32) } };
const ATTEST = makeAttest({
  select: [{ bank: 'sha256', pcrs: [7] }],
  values: VALUES,
  hash: 'sha256',
});
const MADE: QuoteInput = {
  attest: bytesSource('quote.msg', ATTEST),
  signature: bytesSource('quote.sig', signAttest(ATTEST, privateKey, 'sha256', 'ecdsa')),
  ak: bytesSource('ak.pem', Buffer.from(publicKey.export({ format: 'pem', type: 'spki' }))),
  pcrs: VALUES,
};

describe('cvm quote verify', () => {
  it('has what the TPM says, and a line for each check', () => {
    const result = quoteVerify(MADE);
    expect(result).toMatchObject({
      valid: true,
      attest: {
        type: 'TPM_ST_ATTEST_QUOTE',
        extraData: '',
        clockInfo: { clock: '12345', resetCount: 6, restartCount: 7, safe: true },
        firmwareVersion: '0x2019102300163636',
        pcrSelect: [{ bank: 'sha256', pcrs: [7] }],
      },
    });
    expect(renderQuote(result)).toMatch(/^ok +signature .*\nThe quote verifies\.$/s);
  });

  it('names the check that fails', () => {
    const result = quoteVerify({ ...MADE, nonce: Buffer.from('other') });
    expect(result.valid).toBe(false);
    expect(renderQuote(result)).toContain('WRONG  nonce');
    expect(renderQuote(result)).toMatch(/does not verify\.$/);
  });

  it('takes selections as tpm2-tools spell them', () => {
    expect(parseSelection('sha1:0,1+sha256:0-3,11')).toEqual([
      { bank: 'sha1', pcrs: [0, 1] },
      { bank: 'sha256', pcrs: [0, 1, 2, 3, 11] },
    ]);
  });

  it.each(['', 'sha256', 'sha256:', 'md5:0', 'sha256:32', 'sha256:3-1', 'sha256:0:1', 'sha256:a'])(
    'refuses the selection "%s"',
    (text) => {
      expect(() => parseSelection(text)).toThrow('--select');
    },
  );
});

const title = `recorded quotes${FIXTURES_MISSING ? ` (skipped: ${FIXTURES_MISSING})` : ''}`;

describe.skipIf(FIXTURES_MISSING !== undefined)(title, () => {
  it.each(QUOTES)('$id reads as it was recorded', ({ files, quote }) => {
    const attest = readAttest(fixtures.source(fileOf(files, 'msg')));
    expect(attest).toMatchObject({
      extraData: Buffer.from(quote.extra_data, 'hex'),
      firmwareVersion: BigInt(quote.firmware_version),
      clockInfo: { clock: BigInt(quote.clock), safe: true },
      body: {
        selections: quote.select.map(({ pcrs }) => ({ pcrs })),
        pcrDigest: Buffer.from(quote.pcr_digest, 'hex'),
      },
    });
  });

  it.each(QUOTES.filter(({ id }) => id !== 'rust-keylime'))('$id verifies', (recorded) => {
    const input = inputOf(recorded);
    expect(quoteVerify(input).checks.filter(({ ok }) => !ok)).toEqual([]);
    const bytes = Uint8Array.from(input.attest.read(0, input.attest.size));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const attest = bytesSource('changed', bytes);
    expect(failed({ ...input, attest })).toEqual(['signature', 'pcrDigest']);
    expect(failed({ ...input, nonce: Buffer.from('other') })).toEqual(['nonce']);
  });

  const ofParavisor = QUOTES.filter(({ files }) => files['hcl_report'] !== undefined);

  it.each(ofParavisor)(
    '$id verifies with the report of its paravisor',
    ({ files, ...recorded }) => {
      const certificateFiles = fixtures.index.reports
        .flatMap(({ cases }) => cases)
        .flatMap(({ vek, ask, ark }) => [vek, ask, ark])
        .map((file) => fixtures.source(file));
      const source = fixtures.source(files['hcl_report'] ?? '');
      const report = { source, certificateFiles, at: new Date() };
      const input = { ...inputOf({ files, ...recorded }), report };
      const always = failed(input).filter((name) => name !== 'report.validity');
      expect(always).toEqual([]);
      const ak = failed({ ...input, ak: MADE.ak });
      expect(ak).toContain('akBinding');
      expect(ak).toContain('signature');
    },
  );

  it('none verifies with the report of another machine’s paravisor, nor with its AK', () => {
    const text = ({ ak }: QuoteInput) => Buffer.from(ak.read(0, ak.size)).toString();
    const pairs = ofParavisor.flatMap((one) =>
      ofParavisor
        .filter((other) => text(inputOf(one)) !== text(inputOf(other)))
        .map((other) => [inputOf(one), other] as const),
    );
    expect(pairs.length).toBeGreaterThan(0);
    for (const [input, other] of pairs) {
      const source = fixtures.source(other.files['hcl_report'] ?? '');
      const report = { source, certificateFiles: [], at: new Date() };
      expect(failed({ ...input, report })).toContain('akBinding');
      expect(failed({ ...input, ak: inputOf(other).ak })).toContain('signature');
    }
  });

  it('the PCRs that keylime’s agent sent make the digest of its quote', () => {
    const keylime = QUOTES.find(({ id }) => id === 'rust-keylime');
    const source = (end: string) => fixtures.source(fileOf(keylime?.files ?? {}, end));
    const { pcrs } = readPcrEvidence(source('pcrs'));
    const ak = MADE.ak;
    const input = { attest: source('msg'), signature: source('sig'), ak, pcrs };
    expect(failed(input)).toEqual(['signature']);
  });
});

function failed(input: QuoteInput): readonly string[] {
  return quoteVerify(input).checks.flatMap(({ name, ok }) => (ok ? [] : [name]));
}

function inputOf({ files, quote, ...recorded }: Quote): QuoteInput {
  const bank = (quote.select[0]?.bank ?? '') as Bank;
  const values: unknown = recorded[`pcrs_${bank as 'sha1'}`];
  const text = JSON.stringify({ banks: { [bank]: { ...Object(values) } } });
  return {
    attest: fixtures.source(fileOf(files, 'msg')),
    signature: fixtures.source(fileOf(files, 'sig', 'signature')),
    ak: akOf(files),
    pcrs: readPcrEvidence(bytesSource('pcrs', Buffer.from(text))).pcrs,
    nonce: Buffer.from(quote.extra_data, 'hex'),
    ...(recorded.event_log && { eventlog: fixtures.source(recorded.event_log) }),
  };
}

function akOf(files: Quote['files']) {
  const hcl = files['hcl_report'];
  if (hcl === undefined) return fixtures.source(fileOf(files, 'public', 'akpub', 'pem'));
  return bytesSource('ak', Buffer.from(JSON.stringify(readHclReport(fixtures.source(hcl)).ak)));
}

/** The file whose name in the index ends in one of these. */
function fileOf(files: Quote['files'], ...ends: readonly string[]): string {
  const found = Object.entries(files).find(([name]) => ends.some((end) => name.endsWith(end)));
  return found?.[1] ?? '';
}
