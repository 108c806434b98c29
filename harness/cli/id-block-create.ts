import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { readIdAuth, type SigningKey, signIdBlock } from '../sev/id-auth.ts';
import { encodeIdBlock, ID_BLOCK_VERSION, ID_BYTES } from '../sev/id-block.ts';
import { keyDigest } from '../sev/id-public-key.ts';

/** The flags of `cvm id-block create` but for those that name files. */
export type CreateFlags = {
  readonly measurement: Uint8Array;
  readonly policy: bigint;
  readonly guestSvn: number;
  readonly familyId?: Uint8Array;
  readonly imageId?: Uint8Array;
};

/** What `cvm id-block create --json` prints. */
export type IdBlockReport = {
  readonly measurement: string;
  readonly familyId: string;
  readonly imageId: string;
  readonly guestSvn: number;
  readonly policy: string;
  /** Base64, as QEMU takes them. */
  readonly idBlock: string;
  readonly idAuth: string;
  /** SHA-384 of the keys, as reports name them. */
  readonly idKeyDigest: string;
  readonly authorKeyDigest: string | null;
  /** What is added to QEMU's `-object sev-snp-guest,…`. */
  readonly qemu: string;
};

/**
 * The action behind `cvm id-block create`.
 *
 * @returns the report, and what stands in the files
 * @throws FormatError where a key is not one of ECDSA on P-384
 */
export function createIdBlock(
  flags: CreateFlags,
  keys: { readonly idKey: SigningKey; readonly authorKey: SigningKey | undefined },
): {
  readonly report: IdBlockReport;
  readonly idBlock: Uint8Array;
  readonly idAuth: Uint8Array;
} {
  const { measurement, policy, guestSvn } = flags;
  const { familyId = new Uint8Array(ID_BYTES), imageId = new Uint8Array(ID_BYTES) } = flags;
  const ids = { familyId, imageId };
  const block = { measurement, ...ids, version: ID_BLOCK_VERSION, guestSvn, policy };
  const idBlock = encodeIdBlock(block);
  const idAuth = signIdBlock(idBlock, keys.idKey, keys.authorKey);
  const report = {
    measurement: toHex(measurement),
    familyId: toHex(familyId),
    imageId: toHex(imageId),
    guestSvn,
    policy: `0x${policy.toString(16)}`,
    ...keyDigests(idAuth),
    ...forQemu(idBlock, idAuth, keys.authorKey !== undefined),
  };
  return { report, idBlock, idAuth };
}

function keyDigests(page: Uint8Array) {
  const { idKey, authorKey } = readIdAuth(bytesSource('ID_AUTH', page));
  const authorKeyDigest = authorKey === undefined ? null : toHex(keyDigest(authorKey));
  return { idKeyDigest: toHex(keyDigest(idKey)), authorKeyDigest };
}

/** QEMU's names (qapi/qom.json, SevSnpGuestProperties). */
function forQemu(block: Uint8Array, auth: Uint8Array, hasAuthor: boolean) {
  const idBlock = Buffer.from(block).toString('base64');
  const idAuth = Buffer.from(auth).toString('base64');
  const author = hasAuthor ? ',author-key-enabled=on' : '';
  return { idBlock, idAuth, qemu: `id-block=${idBlock},id-auth=${idAuth}${author}` };
}

/** The report for people: the digests that reports have to show, and the line for QEMU. */
export function renderIdBlock(report: IdBlockReport): string {
  const { idKeyDigest, authorKeyDigest, qemu } = report;
  return [
    `id key digest      ${idKeyDigest}`,
    `author key digest  ${authorKeyDigest ?? 'no author key'}`,
    `sev-snp-guest      ${qemu}`,
  ].join('\n');
}
