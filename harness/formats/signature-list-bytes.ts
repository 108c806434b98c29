import { guidBytes } from '../bytes/guid.ts';
import { SIGNATURE_TYPES, type SignatureType } from './signature-list.ts';

const LIST_HEADER_BYTES = 28;
const OWNER_BYTES = 16;

/**
 * The bytes of an EFI_SIGNATURE_LIST (UEFI 2.11, 32.4.1).
 *
 * @param type what the signatures are
 * @param owner GUID of the agent that adds them
 * @param signatures certificates in DER or hashes, one at least and all of one size
 */
export function signatureListBytes(
  type: Exclude<SignatureType, 'other'>,
  owner: string,
  signatures: readonly Uint8Array[],
): Uint8Array {
  const [guid = ''] = Object.entries(SIGNATURE_TYPES).find(([, one]) => one.type === type) ?? [];
  const size = OWNER_BYTES + (signatures[0]?.length ?? 0);
  const header = Buffer.alloc(LIST_HEADER_BYTES);
  header.set(guidBytes(guid));
  header.writeUInt32LE(LIST_HEADER_BYTES + size * signatures.length, 16);
  header.writeUInt32LE(size, 24);
  return Buffer.concat([header, ...signatures.flatMap((one) => [guidBytes(owner), one])]);
}
