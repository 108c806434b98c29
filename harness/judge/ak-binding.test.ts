import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import type { HclReport } from '../sev/hcl-report.ts';
import { readAttestationKey } from '../tpm/attestation-key.ts';
import { makePublicArea } from '../tpm/testing/made-quote.ts';
import { akBindingCheck } from './ak-binding.ts';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
const AREA = makePublicArea(publicKey);
const ak = readAttestationKey(bytesSource('ak', AREA));
const otherAk = readAttestationKey(bytesSource('ak', makePublicArea(other)));
const asPem = readAttestationKey(
  bytesSource('ak', Buffer.from(publicKey.export({ format: 'pem', type: 'spki' }))),
);

const padded = (digest: Uint8Array) => Buffer.concat([digest], 64);
const digestOf = (hash: string, bytes: Uint8Array | string) =>
  padded(createHash(hash).update(bytes).digest());

describe('a report whose data is a digest of the AK', () => {
  it.each(['sha256', 'sha384', 'sha512'])('vouches for it: %s', (hash) => {
    const voucher = { reportData: digestOf(hash, AREA), hcl: undefined };
    expect(akBindingCheck(voucher, ak).ok).toBe(true);
    expect(akBindingCheck(voucher, otherAk).ok).toBe(false);
    expect(akBindingCheck(voucher, asPem).detail).toContain('TPMT_PUBLIC');
  });

  it('vouches for nothing with other bytes behind', () => {
    const reportData = digestOf('sha256', AREA);
    reportData[63] = 1;
    expect(akBindingCheck({ reportData, hcl: undefined }, ak).ok).toBe(false);
  });
});

describe('a report of Azure’s paravisor', () => {
  const runtime = 'what the paravisor says';
  const hcl = (jwk?: object) =>
    ({
      digest: createHash('sha256').update(runtime).digest(),
      algorithm: 'sha256',
      ak: jwk,
    }) as unknown as HclReport;
  const reportData = digestOf('sha256', runtime);
  const jwk = { kid: 'HCLAkPub', ...publicKey.export({ format: 'jwk' }) };

  it('vouches for the AK that its runtime data names, in any form', () => {
    for (const key of [ak, asPem]) {
      expect(akBindingCheck({ reportData, hcl: hcl(jwk) }, key).ok).toBe(true);
    }
    expect(akBindingCheck({ reportData, hcl: hcl(jwk) }, otherAk).detail).toContain('another AK');
  });

  it('vouches for none where it names none, or the hardware does not vouch for it', () => {
    expect(akBindingCheck({ reportData, hcl: hcl() }, ak).ok).toBe(false);
    expect(akBindingCheck({ reportData, hcl: hcl({ kty: 'RSA' }) }, ak).ok).toBe(false);
    const zeros = new Uint8Array(64);
    expect(akBindingCheck({ reportData: zeros, hcl: hcl(jwk) }, ak).ok).toBe(false);
  });
});
