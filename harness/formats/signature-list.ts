import type { Cursor } from '../bytes/cursor.ts';
import { formatGuid, GUID_BYTES } from '../bytes/guid.ts';

/** Signature types and the size of what each signature holds beside its owner, in bytes. */
export const SIGNATURE_TYPES = {
  'a5c059a1-94e4-4aa7-87b5-ab155c2bf072': { type: 'x509', dataBytes: undefined },
  'c1c41626-504c-4092-aca9-41f936934328': { type: 'sha256', dataBytes: 32 },
  'ff3e5307-9fd0-48c9-85f1-8ad56c701e01': { type: 'sha384', dataBytes: 48 },
  '093e0fae-a6c4-4f50-9f1b-d41e2b89c19a': { type: 'sha512', dataBytes: 64 },
  '826ca512-cf10-4ac9-b187-be01496631bd': { type: 'sha1', dataBytes: 20 },
  '0b6e5233-a65c-44c9-9407-d9ab83bfc8bd': { type: 'sha224', dataBytes: 28 },
  '3bd2a492-96c0-4079-b420-fcf98ef103ed': { type: 'x509-sha256', dataBytes: 48 },
  '7076876e-80c2-4ee6-aad2-28b349a6865b': { type: 'x509-sha384', dataBytes: 64 },
  '446dbf63-2502-4cda-bcfa-2465d2b0fe9d': { type: 'x509-sha512', dataBytes: 80 },
  '3c5766e8-269c-4e34-aa14-ed776e85b3b6': { type: 'rsa2048', dataBytes: 256 },
  'e2b36190-879b-4a3d-ad8d-f2e7bba32784': { type: 'rsa2048-sha256', dataBytes: 256 },
  '67f8444f-8743-48f1-a328-1eaab8736080': { type: 'rsa2048-sha1', dataBytes: 256 },
} as const;

/** Bytes of EFI_SIGNATURE_LIST before the type's own header. */
const LIST_HEADER_BYTES = 28;

/** What a signature list holds; `other` is a type that UEFI 2.11 does not define. */
export type SignatureType =
  | (typeof SIGNATURE_TYPES)[keyof typeof SIGNATURE_TYPES]['type']
  | 'other';

/** EFI_SIGNATURE_DATA. */
export type Signature = {
  /** GUID of the agent that added the signature. */
  readonly owner: string;
  /** A DER certificate, a hash, … by the list's type. */
  readonly data: Uint8Array;
  /** The whole EFI_SIGNATURE_DATA, owner included: what an authority event measures. */
  readonly bytes: Uint8Array;
};

/** EFI_SIGNATURE_LIST. */
export type SignatureList = {
  readonly type: SignatureType;
  readonly typeGuid: string;
  readonly signatures: readonly Signature[];
};

/**
 * Reads the value of a signature database (PK, KEK, db, dbx, dbt): signature lists one after the
 * other, without gaps. Sizes are held to what SetVariable() accepts.
 *
 * @param cursor covers the whole value, little-endian; nothing is left of it afterwards
 * @throws FormatError where sizes contradict each other, or the type
 * @see UEFI 2.11, 32.4.1
 */
export function readSignatureLists(cursor: Cursor): readonly SignatureList[] {
  const lists: SignatureList[] = [];
  while (cursor.remaining > 0) lists.push(readSignatureList(cursor));
  return lists;
}

function readSignatureList(cursor: Cursor): SignatureList {
  const start = cursor.offset;
  const typeGuid = cursor.guid('signature type');
  const listSize = cursor.u32('signature list size');
  const headerSize = cursor.u32('signature header size');
  const signatureSize = cursor.u32('signature size');
  const { type, dataBytes } = signatureType(typeGuid);

  const sizeFits = dataBytes === undefined || signatureSize === GUID_BYTES + dataBytes;
  if (!sizeFits || signatureSize <= GUID_BYTES) {
    const expected = dataBytes === undefined ? `more than ${GUID_BYTES}` : GUID_BYTES + dataBytes;
    throw cursor.errorAt(start + 24, `${expected} bytes a ${type} signature`, `${signatureSize}`);
  }
  if (type !== 'other' && headerSize !== 0) {
    throw cursor.errorAt(
      start + 20,
      `no header in a ${type} signature list`,
      `${headerSize} bytes`,
    );
  }
  const signaturesSize = listSize - LIST_HEADER_BYTES - headerSize;
  if (signaturesSize < 0 || signaturesSize % signatureSize !== 0) {
    throw cursor.errorAt(
      start + 16,
      `a list size that holds ${signatureSize}-byte signatures`,
      `${listSize}`,
    );
  }
  cursor.take(headerSize, 'signature header');
  const signatures = cursor.sub(signaturesSize, 'signatures');
  return { type, typeGuid, signatures: [...readSignatures(signatures, signatureSize)] };
}

function* readSignatures(cursor: Cursor, size: number): Generator<Signature, void, undefined> {
  while (cursor.remaining > 0) {
    const bytes = cursor.take(size, 'signature');
    const owner = formatGuid(bytes.subarray(0, GUID_BYTES));
    yield { owner, data: bytes.subarray(GUID_BYTES), bytes };
  }
}

function signatureType(guid: string): {
  readonly type: SignatureType;
  readonly dataBytes: number | undefined;
} {
  return Object.hasOwn(SIGNATURE_TYPES, guid)
    ? SIGNATURE_TYPES[guid as keyof typeof SIGNATURE_TYPES]
    : { type: 'other', dataBytes: undefined };
}
