import { makeEfiProgram } from '../../harness/formats/efi-program.ts';
import { witnessSections } from '../../harness/formats/trial-program.ts';

/** An image that a firmware or shim is asked to start. */
export type TrialImage = { readonly name: string; readonly bytes: Uint8Array };

/** Offsets in what makeEfiProgram makes: PE header at 0x80, two sections (PE/COFF specification). */
export const PE = {
  machine: 0x84,
  timeStamp: 0x88,
  optional: 0x98,
  sizeOfImage: 0x98 + 56,
  sizeOfHeaders: 0x98 + 60,
  checkSum: 0x98 + 64,
  subsystem: 0x98 + 68,
  directoryCount: 0x98 + 108,
  certificateTable: 0x98 + 112 + 32,
  sections: 0x188,
} as const;

/** The witness, not signed. */
export const PROGRAM: Uint8Array = makeEfiProgram(witnessSections());

/** A copy of an image with other 32-bit numbers, little-endian, at some offsets. */
export function withNumbers(
  image: Uint8Array,
  numbers: readonly (readonly [offset: number, value: number])[],
): Uint8Array {
  const copy = Buffer.from(image);
  for (const [offset, value] of numbers) copy.writeUInt32LE(value >>> 0, offset);
  return copy;
}

/** Size of a section of the witness in the file. */
export const SHARED_BYTES = 0x200;

/** The witness with its second section's header in front of the first one's. */
export function inOtherOrder(program: Uint8Array): Uint8Array {
  const copy = Buffer.from(program);
  const headers = copy.subarray(PE.sections, PE.sections + 80);
  headers.set(Buffer.concat([headers.subarray(40), headers.subarray(0, 40)]));
  return copy;
}

/** The witness with a third section of the second one's bytes: they are hashed twice. */
export function sharing(program: Uint8Array, more: number): Uint8Array {
  const copy = Buffer.concat([program, Buffer.alloc(more, 0x55)]);
  const second = copy.subarray(PE.sections + 40, PE.sections + 80);
  const third = Buffer.from(second);
  third.write('.shared\0', 'latin1');
  third.writeUInt32LE(copy.readUInt32LE(PE.sizeOfImage), 12);
  copy.set(third, PE.sections + 80);
  copy.writeUInt16LE(3, PE.machine + 2);
  copy.writeUInt32LE(copy.readUInt32LE(PE.sizeOfImage) + 0x1000, PE.sizeOfImage);
  return copy;
}
