import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { externalKeyArea } from './external-key.ts';
import { nvIndexName, objectName } from './object-name.ts';
import { pcrlockPolicy } from './pcrlock-policy.ts';
import {
  emptyPolicy,
  policyAuthorize,
  policyAuthorizeNv,
  policyAuthValue,
  policyOr,
  policyPcr,
} from './policy-digest.ts';

// What swtpm 0.7.1 answered to tpm2-tools 5.7: tpm2_policypcr, tpm2_policyor, tpm2_policyauthorize,
// tpm2_policyauthorizenv, tpm2_policyauthvalue, tpm2_loadexternal and tpm2_nvreadpublic.
const PCRS = {
  4: 'acdc8027c53d56978fd548b20de80d54153bbefd2356a1225748b14ee3962ac3',
  7: '9ef814b42fa0be12d197c44d3e8e03441a4b1118237658368ba1351090e556ed',
  11: '86bfbce7f88e77dab6bbfb923bb70e2411d374dc658db751c9bdec438f5cce54',
};
const SHA1_PCR_4 = '2447766b959b389fbcbf27fa87f3b40e7d9ee968';
const PCR_7 = 'ad0071a85fe1f6dffc597d93eca52e94a1a8b28635c3eb2f8a9a4d53cd3eccf9';
const PCR_11 = '1c4488b338f74da3a87bb89a2ee01a00243389e1980b8da3d486fd2fd6bb411a';
const PCR_7_OR_11 = 'dda255dde48e5dbfa8618541793c774a3e6d96f73aa25348e83d70b078ec4249';
const RSA_NAME = '000bb348651c799a38e48a4fdf6af6957163212abfa9393cd723f54de8132ca4a47c';
const WRITTEN_NV_NAME = '000b61633c6fecde16e56087bffbc2285a2431dced76005553e71b15ce4637e32b9e';

const RSA_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw03v7ioPOzGSsOdGOpBa
rbT8N7CVLi+bSaJ+w3XE/U5iyP1zp9QtkEs7txWyQ4mmyDKrTXYKes44tPjXSIGX
ROuHGJJqbDYYf200Jzrdd5zoH9kJ5RWdxgg05O3+sEMgz25zrLBxvb3O+QGogjol
SrKIJtMujRLZG7j3SFfDzdGWqdL6u3+Kwb1hw+c6Udo0CTN1R3SFWdLAZqIsi8yi
tqILvEyuqIHUfCMzZogqHIEZ1264wp1KXAUbVhslBulrbJwBgppJsIVjyPd+cYo+
0CWEtlhl38NZMI+fsbeclaPFMnrI7/S9bjq38ZKFEOnmIobhLYM8XXvLI8Jv6U2l
fQIDAQAB
-----END PUBLIC KEY-----`;

const ECC_KEYS = [
  [
    'P-256',
    `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFVfWjhzz0TscsikhsuFnRxkM2edM
i2iYOxMbM7AR5fTj4BeKtR9CqNjDxf0ldUVD0vFMRf83JzaPufd+PLP9HA==
-----END PUBLIC KEY-----`,
    '000b80547cc15c0ec7ca4486b1aa4c918661e93252fce6c2db54d5bd4499500a7b41',
  ],
  [
    'P-384',
    `-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAElWaX7gUsKX/6tFoJvU+3zHenTHSPQxC5
rLnou0o0JB2OL6EwXkaH85EQAp4YbML8w5qQDtye8bg1Zmb9fqgtUgd4rGHnEe3J
PueoYuvYI/nwU03v0H0Q2kAz4EsQZyPG
-----END PUBLIC KEY-----`,
    '000b6ba65ccda73f8a5936dc5ef7c61fce5acaa10b932746aed09fc8dee670088c50',
  ],
  [
    'P-521',
    `-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA6K8k17ueZwt6eXHddFvZBHkPXdXK
AWitRWIPv9w3cJxEqgfmh+aB6hXc91QL/vujn6ZgZuu8Z3lUpv/FkKMbr2IAm4U+
GuNzgs2PeOM+4PRGg0xOzG4rLdkYak14LWe+LPfxw8B1zwc+pX7KDADhs89k8IdB
i1H4RIn9rtpAfNRexDk=
-----END PUBLIC KEY-----`,
    '000b28e1bcf7b4661b8e5e40a48176d65284a9c8ac12781dea54ebbb0e52bbbf92b8',
  ],
] as const;

const START = emptyPolicy('sha256');
const chosen = (...pcrs: (keyof typeof PCRS)[]) => ({
  sha256: Object.fromEntries(pcrs.map((pcr) => [pcr, PCRS[pcr]])),
});

describe('the digest of a policy, as a TPM has it,', () => {
  it('of PolicyPCR', () => {
    expect(policyPcr('sha256', START, chosen(7))).toBe(PCR_7);
    expect(policyPcr('sha256', START, chosen(11))).toBe(PCR_11);
    expect(policyPcr('sha256', START, chosen(7, 4))).toBe(
      'f18bedb2f00a429e45316e290eb6a80a2b885d5fdf8cc4dc0b725a80df885eb6',
    );
  });

  it('of PolicyPCR over two banks', () => {
    const values = { ...chosen(7), sha1: { 4: SHA1_PCR_4 } };
    expect(policyPcr('sha256', START, values)).toBe(
      '7422b96bea376ad7a06a6a9089c8077342afa36d7538e6f15897202142de54de',
    );
  });

  it('of PolicyPCR in a session of SHA-384', () => {
    expect(policyPcr('sha384', emptyPolicy('sha384'), chosen(7))).toBe(
      'aa50a003682bef7b05548ae571e26b7b2d28fed1bac59f088eb9032fbe2c5add1a82df4b2e8b497758707f0c827b1a4c',
    );
  });

  it('of PolicyAuthValue behind PolicyPCR', () => {
    expect(policyAuthValue('sha256', PCR_7)).toBe(
      'ac9d3417449433d340bb94b39d3422b9836d1ee47ae0c2ab843bce5862c5463d',
    );
  });

  it('of PolicyOR', () => {
    expect(policyOr('sha256', [PCR_7, PCR_11])).toBe(PCR_7_OR_11);
  });

  it('of PolicyAuthorize, with a reference and without', () => {
    expect(policyAuthorize('sha256', RSA_NAME)).toBe(
      '4d656be657864d0d04b120138629c1b7839a38fa5f1ef106271753a4439990b6',
    );
    expect(policyAuthorize('sha256', RSA_NAME, Buffer.from('ref').toString('hex'))).toBe(
      'd151bccae09d9255c7d60ac6fdc908b5b81ef8a74cf4580d610c37871a0de17f',
    );
  });

  it('of PolicyAuthorizeNV', () => {
    expect(policyAuthorizeNv('sha256', WRITTEN_NV_NAME)).toBe(
      '23d2a5982a9c7a2e48b0a88c8bbf36a8d0dc2553cdd8ef92642064b281e212d7',
    );
  });

  it('of pcrlock, where a PCR may have two values', () => {
    const variants = { 4: [PCRS[4]], 7: [PCRS[7], 'ee'.repeat(32)], 11: [PCRS[11]] };
    expect(pcrlockPolicy('sha256', variants)).toBe(
      'f86b599efbf8f5bef2b1cec2dc56a551de0775408c8370bf83b3eba7310ce601',
    );
    expect(pcrlockPolicy('sha256', { 7: [PCRS[7]] })).toBe(PCR_7);
  });

  it.each([
    ['no PCR', () => policyPcr('sha256', START, {})],
    ['a value of another size', () => policyPcr('sha256', START, { sha256: { 7: SHA1_PCR_4 } })],
    ['a PCR that a PC has not', () => policyPcr('sha256', START, { sha256: { 24: PCRS[7] } })],
    ['a digest of another algorithm', () => policyPcr('sha384', START, chosen(7))],
    ['one branch', () => policyOr('sha256', [PCR_7])],
    ['nine branches', () => policyOr('sha256', Array(9).fill(PCR_7))],
    ['a name that is no hex', () => policyAuthorize('sha256', 'name')],
    ['a PCR without values', () => pcrlockPolicy('sha256', { 7: [] })],
    ['pcrlock of nothing', () => pcrlockPolicy('sha256', {})],
  ])('is refused with %s', (_what, compute) => {
    expect(compute).toThrow(TypeError);
  });
});

describe('the name, as a TPM has it,', () => {
  it('of an RSA key that is no TPM’s', () => {
    expect(objectName('sha256', externalKeyArea(createPublicKey(RSA_KEY)))).toBe(RSA_NAME);
  });

  it.each(ECC_KEYS)('of a key on %s', (_curve, pem, name) => {
    expect(objectName('sha256', externalKeyArea(createPublicKey(pem)))).toBe(name);
  });

  it('of an NV index, before and after it is written', () => {
    const nv = {
      index: 0x0180_0001,
      nameAlg: 'sha256',
      attributes: 0x0006_000e,
      authPolicy: PCR_7_OR_11,
      dataSize: 34,
    } as const;
    expect(nvIndexName(nv)).toBe(
      '000b01a052a8149190072c7a37b1f2c3f9827078994f4815a24e3cb0a10750e8eb4d',
    );
    expect(nvIndexName({ ...nv, attributes: 0x2006_000e })).toBe(WRITTEN_NV_NAME);
  });
});
