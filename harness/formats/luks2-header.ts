import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';
import { type JsonPlace, readJson } from '../bytes/json-text.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';

const MAGIC = Uint8Array.from([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe]);
const VERSION = 2;

/** Bytes of the binary header; the JSON area follows. */
const BINARY_BYTES = 4096;

/** Sizes of header and JSON area together, in bytes (LUKS2 On-Disk Format 1.1, 3.1). */
const SMALLEST = 16 << 10;
const LARGEST = 4 << 20;

/** Where the checksum stands, and how many bytes it has. */
const CHECKSUM = { offset: 448, bytes: 64 } as const;
const ALGORITHM = { offset: 72, bytes: 32 } as const;

/** A token by which systemd has a TPM give out the key of a volume. */
export type TpmToken = {
  /** Digest of the policy that the key is sealed to, lower-case hex. */
  readonly policyHash: string;
  /** PCRs whose values the policy names itself. */
  readonly pcrs: readonly number[];
  /** Whether the values are those of a policy of systemd-pcrlock. */
  readonly isPcrlock: boolean;
};

/** The token as systemd writes it (systemd src/shared/tpm2-util.c, tpm2_make_luks2_json). */
const SystemdToken = z.looseObject({
  type: z.literal('systemd-tpm2'),
  'tpm2-policy-hash': z.string().regex(/^(?:[0-9a-f]{2})+$/),
  'tpm2-pcrs': z.array(z.int().min(0).max(23)),
  tpm2_pcrlock: z.boolean().optional(),
});

const Metadata = z.looseObject({
  tokens: z.record(z.string(), z.looseObject({ type: z.string() })),
});

/**
 * Whether bytes of a disk are an encrypted volume, of LUKS1 or LUKS2.
 *
 * @param source the disk
 * @param offset where they begin
 * @param size how many there are
 * @see LUKS2 On-Disk Format 1.1, 2.1
 */
export function isLuksVolume(source: ByteSource, offset: number, size: number): boolean {
  if (size < MAGIC.length) return false;
  return Buffer.from(MAGIC).equals(source.read(offset, MAGIC.length));
}

/**
 * Reads the tokens for TPMs from the first header of a LUKS2 volume. Integers are big-endian.
 *
 * @param source the volume
 * @returns in the order of the JSON
 * @throws FormatError where it is no LUKS2 volume, its checksum is not SHA-256 or another one, or its
 *   metadata have another shape
 * @see LUKS2 On-Disk Format 1.1, 2.1 and 3.6
 */
export function readLuks2Tokens(source: ByteSource): readonly TpmToken[] {
  const cursor = new Cursor(source.name, readRange(source, 0, BINARY_BYTES, 'LUKS2 header'), 'big');
  cursor.expect(MAGIC, 'LUKS magic');
  const version = cursor.u16('version');
  if (version !== VERSION) throw cursor.errorAt(6, `LUKS version ${VERSION}`, `${version}`);
  const size = cursor.size64('size of the header');
  if (size < SMALLEST || size > LARGEST) {
    throw cursor.errorAt(8, `a header of ${SMALLEST} to ${LARGEST} bytes`, `${size}`);
  }
  const header = readRange(source, 0, size, 'LUKS2 metadata');
  requireChecksum(header, cursor);
  const area = header.subarray(BINARY_BYTES);
  const end = area.indexOf(0);
  const place: JsonPlace = { file: source.name, offset: BINARY_BYTES, what: 'LUKS2 metadata' };
  const { tokens } = readJson(place, end < 0 ? area : area.subarray(0, end), Metadata);
  return Object.values(tokens).flatMap((token) => tpmTokenOf(token, place));
}

/** A token of systemd's that has another shape is damage; one of another kind is none of ours. */
function tpmTokenOf(token: { readonly type: string }, place: JsonPlace): readonly TpmToken[] {
  if (token.type !== 'systemd-tpm2') return [];
  const bytes = new TextEncoder().encode(JSON.stringify(token));
  const read = readJson({ ...place, what: 'a token of systemd-cryptenroll' }, bytes, SystemdToken);
  const { 'tpm2-policy-hash': policyHash, 'tpm2-pcrs': pcrs, tpm2_pcrlock: isPcrlock } = read;
  return [{ policyHash, pcrs, isPcrlock: isPcrlock === true }];
}

function requireChecksum(header: Uint8Array, cursor: Cursor): void {
  const name = Buffer.from(header.subarray(ALGORITHM.offset, ALGORITHM.offset + ALGORITHM.bytes));
  const algorithm = name.toString('latin1').replace(/\0.*$/s, '');
  if (algorithm !== 'sha256') {
    throw cursor.errorAt(ALGORITHM.offset, 'a checksum by sha256', JSON.stringify(algorithm));
  }
  const end = CHECKSUM.offset + CHECKSUM.bytes;
  const covered = Uint8Array.from(header).fill(0, CHECKSUM.offset, end);
  const computed = createHash('sha256').update(covered).digest();
  const found = header.subarray(CHECKSUM.offset, CHECKSUM.offset + computed.length);
  if (computed.equals(found)) return;
  throw cursor.errorAt(CHECKSUM.offset, `checksum ${toHex(computed)}`, toHex(found));
}
