/** One change of a recipe of the fixtures. */
export type RecipeStep = readonly [operation: string, ...rest: readonly (number | string)[]];

/** Makes the bytes that a recipe describes. */
export function applyRecipe(bytes: Uint8Array, steps: readonly RecipeStep[]): Uint8Array {
  return steps.reduce(applyStep, bytes);
}

function applyStep(bytes: Uint8Array, [operation, first, second]: RecipeStep): Uint8Array {
  const offset = Number(first);
  const output = Buffer.from(bytes);
  switch (operation) {
    case 'xor':
      output.writeUInt8(output.readUInt8(offset) ^ Number(second), offset);
      return output;
    case 'set':
      output.set(Buffer.from(String(second), 'hex'), offset);
      return output;
    case 'u32':
      output.writeUInt32LE(Number(second), offset);
      return output;
    case 'truncate':
      return output.subarray(0, offset);
    case 'append':
      return Buffer.concat([output, Buffer.from(String(first), 'hex')]);
    case 'delete':
      return Buffer.concat([output.subarray(0, offset), output.subarray(offset + Number(second))]);
    default:
      throw new Error(`no operation ${operation}`);
  }
}
