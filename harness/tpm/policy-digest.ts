import { createHash } from 'node:crypto';
import { fromHex } from '../bytes/hex.ts';
import { ALL_BANKS, BANKS, type Bank, zeroPcr } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import { u32 } from './marshal.ts';
import { marshalPcrSelections } from './pcr-selection.ts';

/** TPM_CC of the commands that extend a policy (TPM 2.0 Library, Part 2, 6.5.2). */
const COMMANDS = {
  authorize: 0x0000_016a,
  authValue: 0x0000_016b,
  or: 0x0000_0171,
  pcr: 0x0000_017f,
  authorizeNv: 0x0000_0192,
} as const;

/** How many branches TPM2_PolicyOR takes (Part 3, 23.6; Part 2, TPML_DIGEST). */
const BRANCHES = { least: 2, most: 8 } as const;

/**
 * The digest of a policy that asks for nothing: zeros, what a session begins with (Part 1, 19.7.2).
 *
 * @param hash the algorithm of the policy, which is the name algorithm of the object that it guards
 * @returns lower-case hex
 * @public
 */
export function emptyPolicy(hash: Bank): string {
  return zeroPcr(hash);
}

/**
 * TPM2_PolicyPCR (Part 3, 23.7): the PCRs must have these values.
 *
 * @param hash the algorithm of the policy; not that of the banks
 * @param before digest of what is asked for besides, lower-case hex; {@link emptyPolicy} where nothing is
 * @param values of PCRs 0 to 23; several banks in the order of their TPM_ALG_ID, as systemd and tpm2-tools
 *   select them
 * @returns lower-case hex
 * @throws TypeError where there is no value, or one is no digest of its bank
 * @public
 */
export function policyPcr(hash: Bank, before: string, values: PcrValues): string {
  const selected = ALL_BANKS.flatMap((bank) => {
    const pcrs = Object.keys(values[bank] ?? {}).map(Number);
    return pcrs.length === 0 ? [] : [{ bank, pcrs: pcrs.toSorted((a, b) => a - b) }];
  });
  if (selected.length === 0) throw new TypeError('a policy of no PCR');
  const digest = createHash(hash);
  for (const { bank, pcrs } of selected) {
    for (const pcr of pcrs) digest.update(digestBytes(bank, values[bank]?.[pcr]));
  }
  return extended(hash, before, [
    u32(COMMANDS.pcr),
    marshalPcrSelections(selected),
    digest.digest(),
  ]);
}

/**
 * TPM2_PolicyOR (Part 3, 23.6): one of the branches was satisfied. What was asked for before is forgotten
 * where it does not stand in each branch.
 *
 * @param branches digests of 2 to 8 policies, lower-case hex, in the order in which the TPM is given them
 * @returns lower-case hex
 * @throws TypeError where there are fewer or more branches, or one is no digest of the algorithm
 * @public
 */
export function policyOr(hash: Bank, branches: readonly string[]): string {
  if (branches.length < BRANCHES.least || branches.length > BRANCHES.most) {
    throw new TypeError(`PolicyOR of ${branches.length} branches, not 2 to 8`);
  }
  const digests = branches.map((branch) => digestBytes(hash, branch));
  return extended(hash, emptyPolicy(hash), [u32(COMMANDS.or), ...digests]);
}

/**
 * TPM2_PolicyAuthorize (Part 3, 23.16): a policy that a key has signed was satisfied. What was asked for
 * before is what is signed, and does not stand in the digest.
 *
 * @param key name of the key, with its algorithm in front (see `objectName`), lower-case hex
 * @param policyRef what the signature is for besides, lower-case hex; systemd has none
 * @returns lower-case hex
 * @public
 */
export function policyAuthorize(hash: Bank, key: string, policyRef = ''): string {
  const first = extended(hash, emptyPolicy(hash), [u32(COMMANDS.authorize), bytesOf(key)]);
  return extended(hash, first, [bytesOf(policyRef)]);
}

/**
 * TPM2_PolicyAuthorizeNV (Part 3, 23.22): a policy that is kept in an NV index was satisfied, as
 * systemd-pcrlock does.
 *
 * @param index name of the NV index, with its algorithm in front (see `nvIndexName`), lower-case hex
 * @returns lower-case hex
 * @public
 */
export function policyAuthorizeNv(hash: Bank, index: string): string {
  return extended(hash, emptyPolicy(hash), [u32(COMMANDS.authorizeNv), bytesOf(index)]);
}

/**
 * TPM2_PolicyAuthValue (Part 3, 23.17): whoever uses the object knows its authorisation value, systemd's
 * PIN.
 *
 * @param before digest of what is asked for besides, lower-case hex
 * @returns lower-case hex
 * @public
 */
export function policyAuthValue(hash: Bank, before: string): string {
  return extended(hash, before, [u32(COMMANDS.authValue)]);
}

/** PolicyUpdate (Part 3, 23.2.3): `H(before ‖ …)`. */
function extended(hash: Bank, before: string, parts: readonly Uint8Array[]): string {
  const digest = createHash(hash).update(digestBytes(hash, before));
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
}

function digestBytes(bank: Bank, hex: string | undefined): Uint8Array {
  const bytes = bytesOf(hex ?? '');
  if (bytes.length === BANKS[bank].digestBytes) return bytes;
  throw new TypeError(`not a ${bank} digest: ${hex}`);
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new TypeError(`not hexadecimal: ${hex}`);
  return bytes;
}
