import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { LAUNCH_DIGEST_BYTES } from './page-info.ts';

/** Bytes of an ID block, and of the two ids in it. */
export const ID_BLOCK_BYTES = 96;
export const ID_BYTES = 16;

/** The only version (AMD 56860, SNP_LAUNCH_FINISH). */
export const ID_BLOCK_VERSION = 1;

/** Who a guest is, as its owner says (AMD 56860, SNP_LAUNCH_FINISH, structure of the ID block). */
export type IdBlock = {
  /** The launch digest that the guest has to have, 48 bytes. */
  readonly measurement: Uint8Array;
  /** 16 bytes each, that the secure processor passes on to reports. */
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  /** {@link ID_BLOCK_VERSION}, or else no secure processor takes it. */
  readonly version: number;
  readonly guestSvn: number;
  /** The guest policy that the launch has to have. */
  readonly policy: bigint;
};

/**
 * Reads an ID block; nothing is verified.
 *
 * @param source the block alone
 * @throws FormatError where it has another size
 */
export function readIdBlock(source: ByteSource): IdBlock {
  if (source.size !== ID_BLOCK_BYTES) {
    throw new FormatError({
      file: source.name,
      offset: Math.min(source.size, ID_BLOCK_BYTES),
      expected: `an ID block of ${ID_BLOCK_BYTES} bytes`,
      found: `${source.size} bytes`,
    });
  }
  const fields = new Cursor(source.name, readRange(source, 0, ID_BLOCK_BYTES, 'ID block'));
  return {
    measurement: fields.take(LAUNCH_DIGEST_BYTES, 'LD'),
    familyId: fields.take(ID_BYTES, 'FAMILY_ID'),
    imageId: fields.take(ID_BYTES, 'IMAGE_ID'),
    version: fields.u32('VERSION'),
    guestSvn: fields.u32('GUEST_SVN'),
    policy: fields.u64('POLICY'),
  };
}

/** An ID block as the secure processor reads it: {@link ID_BLOCK_BYTES}, integers little-endian. */
export function encodeIdBlock(block: IdBlock): Uint8Array {
  const numbers = Buffer.alloc(16);
  numbers.writeUInt32LE(block.version);
  numbers.writeUInt32LE(block.guestSvn, 4);
  numbers.writeBigUInt64LE(block.policy, 8);
  return Buffer.concat([block.measurement, block.familyId, block.imageId, numbers]);
}
