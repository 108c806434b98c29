import { constants, createHash, type KeyObject, sign } from 'node:crypto';
import type { Bank } from '../../measure/bank.ts';
import { BANKS } from '../../measure/bank.ts';
import type { PcrValues } from '../../measure/event.ts';
import { TPM_ALG } from '../algorithm.ts';
import { TPM_GENERATED } from '../attest.ts';
import { ATTEST_QUOTE } from '../attest-body.ts';
import { externalKeyArea } from '../external-key.ts';
import { sized, u16, u32 } from '../marshal.ts';
import { type BankSelection, marshalPcrSelections } from '../pcr-selection.ts';

/** What a made quote says; what is left out is as a TPM has it. */
export type MadeQuote = {
  readonly magic?: number;
  readonly type?: number;
  readonly nonce?: Uint8Array;
  readonly select: readonly BankSelection[];
  readonly values: PcrValues;
  readonly hash: Bank;
  /** A TPML_PCR_SELECTION of one's own. */
  readonly selections?: Uint8Array;
};

/** The head of a TPMS_ATTEST (TPM 2.0 Library, Part 2, 10.12.12). */
export function attestHead(made: Pick<MadeQuote, 'magic' | 'type' | 'nonce'>): Uint8Array {
  const clockInfo = Buffer.alloc(17);
  clockInfo.writeBigUInt64BE(12_345n);
  clockInfo.writeUInt32BE(6, 8);
  clockInfo.writeUInt32BE(7, 12);
  clockInfo.writeUInt8(1, 16);
  return Buffer.concat([
    u32(made.magic ?? TPM_GENERATED),
    u16(made.type ?? ATTEST_QUOTE),
    sized(Buffer.alloc(34, 0x0b)),
    sized(made.nonce ?? new Uint8Array()),
    clockInfo,
    Buffer.from('2019102300163636', 'hex'),
  ]);
}

/** A quote's TPMS_ATTEST. */
export function makeAttest(made: MadeQuote): Uint8Array {
  const digest = createHash(made.hash);
  for (const { bank, pcrs } of made.select) {
    for (const pcr of pcrs) digest.update(Buffer.from(made.values[bank]?.[pcr] ?? '', 'hex'));
  }
  const selections = made.selections ?? marshalPcrSelections(made.select);
  return Buffer.concat([attestHead(made), selections, sized(digest.digest())]);
}

/** A TPMT_SIGNATURE by a private key; RSA with either scheme. */
export function signAttest(
  attest: Uint8Array,
  key: KeyObject,
  hash: Bank,
  scheme: 'rsassa' | 'rsapss' | 'ecdsa',
): Uint8Array {
  const head = Buffer.concat([u16(TPM_ALG[scheme]), u16(BANKS[hash].algId)]);
  if (scheme !== 'ecdsa') return Buffer.concat([head, sized(signBare(attest, key, hash, scheme))]);
  const both = sign(hash, attest, { key, dsaEncoding: 'ieee-p1363' });
  const [r, s] = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)];
  return Buffer.concat([head, sized(r), sized(s)]);
}

/** A signature as `tpm2_quote -f plain` writes it. */
export function signBare(
  attest: Uint8Array,
  key: KeyObject,
  hash: Bank,
  scheme: 'rsassa' | 'rsapss' | 'ecdsa',
): Uint8Array {
  if (scheme === 'ecdsa') return sign(hash, attest, key);
  const isPss = scheme === 'rsapss';
  const padding = isPss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return sign(hash, attest, { key, padding });
}

/** fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted and sign, as of tpm2_createak. */
export const AK_ATTRIBUTES = 0x0005_0072;

/** The TPMT_PUBLIC of a key, with attributes of one's own. */
export function makePublicArea(key: KeyObject, attributes = AK_ATTRIBUTES): Uint8Array {
  const area = Buffer.from(externalKeyArea(key));
  area.writeUInt32BE(attributes, 4);
  return area;
}
