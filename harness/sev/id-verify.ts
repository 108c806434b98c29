import { toHex } from '../bytes/hex.ts';
import type { AttestationReport } from './attestation-report.ts';
import { ECDSA_P384_SHA384, type EcdsaSignature, ecdsaProblem } from './ecdsa-p384.ts';
import type { IdAuth } from './id-auth.ts';
import { encodeIdBlock, ID_BLOCK_VERSION, type IdBlock } from './id-block.ts';
import { decodePublicKey, keyDigest } from './id-public-key.ts';
import type { ReportCheck } from './report-verify.ts';

/** What an ID block is held against; what is left out may be anything. */
export type IdExpectations = {
  /** The launch digest of the guest, 48 bytes. */
  readonly measurement?: Uint8Array | undefined;
  /** The policy that the guest is launched with. */
  readonly policy?: bigint | undefined;
  /** SHA-384 of the keys, as a report names them. */
  readonly idKeyDigest?: Uint8Array | undefined;
  readonly authorKeyDigest?: Uint8Array | undefined;
  /** Of a guest that was launched with this ID block. */
  readonly report?: AttestationReport | undefined;
};

/**
 * Verifies an ID block as the secure processor does at the end of a launch (AMD 56860,
 * SNP_LAUNCH_FINISH), and whether it says what is expected.
 *
 * @returns one check for each thing looked at; the ID block verifies where all are ok
 */
export function verifyIdBlock(
  idBlock: IdBlock,
  idAuth: IdAuth,
  expected: IdExpectations,
): readonly ReportCheck[] {
  return [
    formCheck(idBlock, idAuth),
    idBlockSignatureCheck(idBlock, idAuth),
    ...authorChecks(idAuth),
    ...valueChecks(idBlock, expected),
    ...keyChecks(idAuth, expected),
    ...(expected.report === undefined ? [] : reportChecks(idBlock, idAuth, expected.report)),
  ];
}

function formCheck({ version }: IdBlock, { reservedSet: [first] }: IdAuth): ReportCheck {
  if (version !== ID_BLOCK_VERSION) {
    return check('form', false, `VERSION of the ID block is ${version}, not ${ID_BLOCK_VERSION}`);
  }
  return first === undefined
    ? check('form', true, `version ${version}, reserved bytes are zero`)
    : check('form', false, `the reserved byte of ID_AUTH at 0x${first.toString(16)} is set`);
}

function idBlockSignatureCheck(idBlock: IdBlock, idAuth: IdAuth): ReportCheck {
  const { idKeyAlgo, idBlockSignature, idKey } = idAuth;
  const signed = encodeIdBlock(idBlock);
  const problem =
    algorithmProblem('ID_KEY_ALGO', idKeyAlgo) ?? keyProblem(signed, idBlockSignature, idKey);
  return check(
    'signature',
    problem === undefined,
    problem === undefined ? 'the ID key signed the ID block' : `of the ID block: ${problem}`,
  );
}

/** Without an author key there is nothing to verify; whether one is wanted is another check. */
function authorChecks({ authorKeyAlgo, authorKey, idKey, idKeySignature }: IdAuth) {
  if (authorKey === undefined) return [];
  const problem =
    algorithmProblem('AUTH_KEY_ALGO', authorKeyAlgo) ??
    keyProblem(idKey, idKeySignature, authorKey);
  const detail =
    problem === undefined ? 'the author key signed the ID key' : `of the ID key: ${problem}`;
  return [check('author', problem === undefined, detail)];
}

function algorithmProblem(field: string, algorithm: number): string | undefined {
  return algorithm === ECDSA_P384_SHA384
    ? undefined
    : `${field} is ${algorithm}, not ${ECDSA_P384_SHA384} (ECDSA P-384 with SHA-384)`;
}

function keyProblem(
  signed: Uint8Array,
  signature: EcdsaSignature,
  encodedKey: Uint8Array,
): string | undefined {
  const key = decodePublicKey(encodedKey);
  return typeof key === 'string' ? key : ecdsaProblem(signed, signature, key);
}

function valueChecks(idBlock: IdBlock, { measurement, policy }: IdExpectations) {
  return [
    ...bytesChecks('measurement', idBlock.measurement, measurement),
    ...numberChecks('policy', idBlock.policy, policy),
  ];
}

function keyChecks({ idKey, authorKey }: IdAuth, expected: IdExpectations) {
  return [
    ...bytesChecks('idKeyDigest', keyDigest(idKey), expected.idKeyDigest),
    ...bytesChecks('authorKeyDigest', authorKey && keyDigest(authorKey), expected.authorKeyDigest),
  ];
}

/** What a report passes on of the ID block and its keys (AMD 56860, ATTESTATION_REPORT). */
function reportChecks(
  idBlock: IdBlock,
  idAuth: IdAuth,
  report: AttestationReport,
): readonly ReportCheck[] {
  return [
    ...bytesChecks('report.measurement', idBlock.measurement, report.measurement),
    ...numberChecks('report.policy', idBlock.policy, report.policy),
    ...numberChecks('report.guestSvn', idBlock.guestSvn, report.guestSvn),
    ...bytesChecks('report.familyId', idBlock.familyId, report.familyId),
    ...bytesChecks('report.imageId', idBlock.imageId, report.imageId),
    ...bytesChecks('report.idKeyDigest', keyDigest(idAuth.idKey), report.idKeyDigest),
    reportAuthorCheck(idAuth, report),
  ];
}

function reportAuthorCheck({ authorKey }: IdAuth, report: AttestationReport): ReportCheck {
  const name = 'report.authorKeyDigest';
  if (!report.authorKeyEn) {
    const detail = 'AUTHOR_KEY_EN is 0: the guest was launched without an author key';
    return check(name, authorKey === undefined, detail);
  }
  return comparison(name, authorKey && toHex(keyDigest(authorKey)), toHex(report.authorKeyDigest));
}

function bytesChecks(
  name: string,
  found: Uint8Array | undefined,
  wanted: Uint8Array | undefined,
): readonly ReportCheck[] {
  return wanted === undefined ? [] : [comparison(name, found && toHex(found), toHex(wanted))];
}

function numberChecks<T extends number | bigint>(name: string, found: T, wanted: T | undefined) {
  const text = (value: T) => `0x${value.toString(16)}`;
  return wanted === undefined ? [] : [comparison(name, text(found), text(wanted))];
}

function comparison(name: string, found: string | undefined, wanted: string): ReportCheck {
  if (found === wanted) return check(name, true, found);
  return check(name, false, `${found ?? 'ID_AUTH has no author key'}, not ${wanted}`);
}

function check(name: string, ok: boolean, detail: string): ReportCheck {
  return { name, ok, detail };
}
