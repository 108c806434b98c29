/** One step of a recipe of the fixtures: how a file is changed. */
export type Operation =
  | readonly ['xor', offset: number, byte: number]
  | readonly ['set', offset: number, hex: string]
  | readonly ['u32', offset: number, value: number]
  | readonly ['truncate', length: number]
  | readonly ['append', hex: string]
  | readonly ['delete', offset: number, count: number];

/** Applies a recipe to a copy of a file's bytes. */
export function mutate(original: Uint8Array, operations: readonly Operation[]): Buffer {
  return operations.reduce(apply, Buffer.from(original));
}

function apply(bytes: Buffer, operation: Operation): Buffer {
  switch (operation[0]) {
    case 'xor':
      bytes[operation[1]] = (bytes[operation[1]] ?? 0) ^ operation[2];
      return bytes;
    case 'set':
      bytes.set(Buffer.from(operation[2], 'hex'), operation[1]);
      return bytes;
    case 'u32':
      bytes.writeUInt32LE(operation[2], operation[1]);
      return bytes;
    case 'truncate':
      return bytes.subarray(0, operation[1]);
    case 'append':
      return Buffer.concat([bytes, Buffer.from(operation[1], 'hex')]);
    case 'delete':
      return Buffer.concat([
        bytes.subarray(0, operation[1]),
        bytes.subarray(operation[1] + operation[2]),
      ]);
  }
}
