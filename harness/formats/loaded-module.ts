import { bytesSource } from '../bytes/source.ts';
import type { FirmwareModule } from './firmware-modules.ts';
import { readPe } from './pe.ts';

/** Bytes from the instruction on that a program has to have to be looked at. */
const SEED_BYTES = 16;

/** Fewer bytes in a row may be the same in programs that are built from the same libraries. */
const LEAST_BYTES = 256;

/** A part of guest memory. */
export type Memory = {
  /** Guest physical address of the first byte. */
  readonly address: number;
  readonly bytes: Uint8Array;
};

/** Where in a program of the firmware an instruction is. */
export type CodePlace = {
  readonly module: FirmwareModule;
  /** From the start of the program's PE image in the firmware. */
  readonly offset: number;
  /** How many bytes around the instruction are those of the program. */
  readonly sameBytes: number;
};

/**
 * Finds the program that an instruction in memory belongs to: of all that have the same code, the one
 * that agrees with memory over the most bytes around it. Code for 64-bit mode is loaded as it is in the
 * file, and headers need not be in memory.
 *
 * @param memory around the instruction
 * @param instruction guest physical address
 * @param modules what the firmware has
 * @returns `undefined` where none agrees over enough bytes, or several agree over as many
 */
export function findLoadedModule(
  memory: Memory,
  instruction: number,
  modules: readonly FirmwareModule[],
): CodePlace | undefined {
  const position = instruction - memory.address;
  const seed = memory.bytes.subarray(Math.max(0, position), Math.max(0, position) + SEED_BYTES);
  if (position < 0 || seed.length < SEED_BYTES) return undefined;
  const places = modules.flatMap((module) => placesOf(module, memory.bytes, position, seed));
  const [best, next] = places.toSorted((one, other) => other.sameBytes - one.sameBytes);
  const isClear = best !== undefined && best.sameBytes > (next?.sameBytes ?? LEAST_BYTES - 1);
  return isClear ? best : undefined;
}

/**
 * Where in memory a loaded program begins to run.
 *
 * @param place of one of its instructions
 * @param instruction guest physical address of that instruction
 * @returns guest physical address of its entry point
 * @throws FormatError where the program is no PE image
 * @see PE/COFF 3.4.1 (AddressOfEntryPoint) and 4 (section table)
 */
export function entryPointOf({ module, offset }: CodePlace, instruction: number): number {
  const { entryPoint, sections } = readPe(bytesSource(module.name, module.image));
  const section = sections.find(
    ({ rawOffset, rawSize }) => rawOffset <= offset && offset < rawOffset + rawSize,
  );
  const { rawOffset, virtualAddress } = section ?? { rawOffset: 0, virtualAddress: 0 };
  return instruction - (offset - rawOffset + virtualAddress) + entryPoint;
}

function placesOf(
  module: FirmwareModule,
  memory: Uint8Array,
  position: number,
  seed: Uint8Array,
): readonly CodePlace[] {
  const { buffer, byteOffset, byteLength } = module.image;
  const image = Buffer.from(buffer, byteOffset, byteLength);
  const places: CodePlace[] = [];
  for (let offset = image.indexOf(seed); offset >= 0; offset = image.indexOf(seed, offset + 1)) {
    const sameBytes = sameAround(image, offset, memory, position);
    if (sameBytes >= LEAST_BYTES) places.push({ module, offset, sameBytes });
  }
  return places;
}

/** How many bytes before and behind two places are the same. */
function sameAround(one: Uint8Array, at: number, other: Uint8Array, otherAt: number): number {
  let before = 0;
  while (before < at && before < otherAt && one[at - 1 - before] === other[otherAt - 1 - before]) {
    before += 1;
  }
  const room = Math.min(one.length - at, other.length - otherAt);
  let behind = 0;
  while (behind < room && one[at + behind] === other[otherAt + behind]) behind += 1;
  return before + behind;
}
