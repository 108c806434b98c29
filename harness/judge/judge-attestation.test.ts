import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { objectName } from '../tpm/object-name.ts';
import { makeAttest, makePublicArea, signAttest } from '../tpm/testing/made-quote.ts';
import { judgeActivation } from './judge-activation.ts';
import { checksOfQuote, judgeDamagedQuotes, judgeVerifier } from './judge-attestation.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const VALUES = { sha256: { 7: '77'.repeat(32) } };
const attest = makeAttest({
  select: [{ bank: 'sha256', pcrs: [7] }],
  values: VALUES,
  hash: 'sha256',
});
const ak = makePublicArea(publicKey);
const QUOTE = { attest, signature: signAttest(attest, privateKey, 'sha256', 'ecdsa'), ak };
const EXPECTED = { pcrs: VALUES, akName: objectName('sha256', ak) };

const good = { what: 'it', checks: checksOfQuote(QUOTE, EXPECTED), file: 'quote.msg' };
const wrong = {
  what: 'another nonce',
  checks: checksOfQuote(QUOTE, { ...EXPECTED, nonce: Buffer.from('other') }),
  file: 'quote.msg',
  refusedBy: 'nonce',
};

describe('a verifier', () => {
  it('passes that accepts the genuine and refuses the wrong', () => {
    expect(judgeVerifier(good, [wrong]).map(({ state }) => state)).toEqual(['pass', 'pass']);
  });

  it('fails that refuses for another reason, or not at all', () => {
    const otherwise = judgeVerifier(good, [{ ...wrong, refusedBy: 'signature' }]);
    expect(otherwise[1]).toMatchObject({
      state: 'fail',
      expected: 'refused by check signature',
      observed: 'refused by check nonce',
    });
    const accepted = judgeVerifier(good, [{ ...good, refusedBy: 'nonce' }]);
    expect(accepted[1]).toMatchObject({ state: 'fail', observed: 'every check holds' });
  });

  it('that refuses everything proves nothing', () => {
    const judged = judgeVerifier({ ...good, checks: wrong.checks }, [wrong]);
    expect(judged.map(({ state }) => state)).toEqual(['fail', 'vacuous']);
  });

  it('fails that accepts the wrong, whatever it does with the genuine', () => {
    const refused = { ...good, checks: wrong.checks };
    const judged = judgeVerifier(refused, [{ ...good, refusedBy: 'nonce' }]);
    expect(judged.map(({ state }) => state)).toEqual(['fail', 'fail']);
  });

  it('is told that a structure cannot be read, and of nothing else that goes wrong', () => {
    const [check] = checksOfQuote({ ...QUOTE, attest: attest.subarray(1) }, EXPECTED);
    expect(check).toMatchObject({ name: 'structure', ok: false });
    const broken = { ...QUOTE, ak: undefined as unknown as Uint8Array };
    expect(() => checksOfQuote(broken, EXPECTED)).toThrow(TypeError);
  });
});

const numbersIn = (text: string) => (text.match(/\d+/g) ?? []).map(Number);

describe('damaged quotes', () => {
  it('are refused, each of them', () => {
    const judged = judgeDamagedQuotes(QUOTE, EXPECTED, 'quote.msg');
    expect(judged.map(({ state }) => state)).toEqual(Array(7).fill('pass'));
    const bits = attest.length * 8;
    expect(judged[1]?.expected).toBe(`${bits} refused`);
    expect(judged[1]?.sentence).toBe(
      `TPMS_ATTEST with one bit flipped: of ${bits}, none is accepted`,
    );
    // Without its last bytes no structure is one.
    const cut = attest.length;
    expect(judged[2]).toMatchObject({
      sentence: `TPMS_ATTEST with bytes missing at its end: of ${cut}, none is accepted`,
      observed: `0 refused by a check, ${cut} unreadable, 0 accepted`,
    });
  });

  it('fail where one is accepted: nobody says which key it must be', () => {
    const { pcrs } = EXPECTED;
    const judged = judgeDamagedQuotes(QUOTE, { pcrs }, 'quote.msg');
    const failed = judged.filter(({ state }) => state === 'fail');
    expect(failed.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(/^TPMT_PUBLIC with one bit flipped: of \d+, [1-9]\d* are accepted$/),
    ]);
    const [tried = 0, ...outcomes] = numbersIn(`${failed[0]?.expected} ${failed[0]?.observed}`);
    expect(outcomes.reduce((sum, count) => sum + count, 0)).toBe(tried);
  });

  it('prove nothing where the genuine one is refused', () => {
    const [twin, ...others] = judgeDamagedQuotes(QUOTE, { ...EXPECTED, akName: '' }, 'quote.msg');
    expect(twin?.state).toBe('fail');
    expect(new Set(others.map(({ state }) => state))).toEqual(new Set(['vacuous']));
  });
});

describe('the activation of credentials', () => {
  const value = Buffer.from('value');
  const served = { exitCode: 0, stdout: value, stderr: '' };
  const stderr =
    'ERROR: Esys_ActivateCredential(0x1DF) - tpm:parameter(1):integrity check failed\n';
  const refusal = { exitCode: 1, stdout: Buffer.alloc(0), stderr };
  const request = { what: 'another', answer: refusal, says: /integrity check failed/ };
  const states = (...input: Parameters<typeof judgeActivation>) =>
    judgeActivation(...input).map(({ state }) => state);

  it('passes where only the genuine one opens', () => {
    expect(states(value, served, [request], 'f')).toEqual(['pass', 'pass']);
  });

  it('fails where another opens, or the TPM says something else', () => {
    expect(states(value, served, [{ ...request, answer: served }], 'f')).toEqual(['pass', 'fail']);
    expect(states(value, served, [{ ...request, says: /lockout/ }], 'f')).toEqual(['pass', 'fail']);
  });

  it('fails where the value is another, and then proves nothing of others', () => {
    expect(states(Buffer.from('other'), served, [request], 'f')).toEqual(['fail', 'vacuous']);
    expect(states(value, refusal, [request], 'f')).toEqual(['fail', 'vacuous']);
  });
});
