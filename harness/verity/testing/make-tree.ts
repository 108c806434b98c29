import { createHash } from 'node:crypto';
import type { VerityParameters } from '../parameters.ts';

/** Data with their tree. */
export type MadeTree = {
  readonly parameters: VerityParameters;
  readonly data: Buffer;
  /** The hash device: superblock, where there is one, then the tree. */
  readonly hash: Buffer;
  /** Root hash in lower-case hex. */
  readonly root: string;
};

/** UUID of every made superblock. */
export const MADE_UUID = '01020304-0506-0708-090a-0b0c0d0e0f10';

const DIGEST_BYTES = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** A superblock by its definition (cryptsetup, lib/verity/verity.c, struct verity_sb). */
export function makeSuperblock(parameters: VerityParameters, uuid = MADE_UUID): Buffer {
  const block = Buffer.alloc(512);
  block.write('verity\0\0', 0, 'latin1');
  block.writeUInt32LE(1, 8);
  block.writeUInt32LE(parameters.format, 12);
  block.set(Buffer.from(uuid.replaceAll('-', ''), 'hex'), 16);
  block.write(parameters.algorithm, 32, 'latin1');
  block.writeUInt32LE(parameters.dataBlockBytes, 64);
  block.writeUInt32LE(parameters.hashBlockBytes, 68);
  block.writeBigUInt64LE(BigInt(parameters.dataBlocks), 72);
  block.writeUInt16LE(parameters.salt.length, 80);
  block.set(parameters.salt, 88);
  return block;
}

/** A tree by its definition: whole levels at a time, the last one first on the device. */
export function makeTree(
  parameters: VerityParameters,
  data: Buffer,
  hasSuperblock = true,
): MadeTree {
  const { hashBlockBytes } = parameters;
  const levels: Buffer[] = [];
  let blocks = split(data, parameters.dataBlockBytes);
  while (blocks.length > 1) {
    blocks = hashBlocks(parameters, blocks);
    levels.unshift(Buffer.concat(blocks));
  }
  const root = digest(parameters, blocks[0] ?? Buffer.alloc(0)).toString('hex');
  const head = Buffer.alloc(Math.ceil(512 / hashBlockBytes) * hashBlockBytes);
  head.set(makeSuperblock(parameters));
  return {
    parameters,
    data,
    hash: Buffer.concat([...(hasSuperblock ? [head] : []), ...levels]),
    root,
  };
}

/** What the definition says that one block hashes to. */
export function digest({ algorithm, format, salt }: VerityParameters, block: Uint8Array): Buffer {
  const parts = format === 1 ? [salt, block] : [block, salt];
  return createHash(algorithm).update(Buffer.concat(parts)).digest();
}

function hashBlocks(parameters: VerityParameters, blocks: readonly Buffer[]): Buffer[] {
  const { hashBlockBytes, format } = parameters;
  const digestBytes = DIGEST_BYTES[parameters.algorithm];
  let slotBytes = 1;
  while (slotBytes < digestBytes) slotBytes *= 2;
  let perBlock = 1;
  while (perBlock * 2 * digestBytes <= hashBlockBytes) perBlock *= 2;
  const digests = blocks.map((block) => {
    const slot = Buffer.alloc(format === 1 ? slotBytes : digestBytes);
    slot.set(digest(parameters, block));
    return slot;
  });
  return Array.from({ length: Math.ceil(digests.length / perBlock) }, (_, index) => {
    const block = Buffer.alloc(hashBlockBytes);
    block.set(Buffer.concat(digests.slice(index * perBlock, (index + 1) * perBlock)));
    return block;
  });
}

/** Blocks of a file of whole blocks. */
function split(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: bytes.length / size }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
