import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import type { FirmwareModule } from './firmware-modules.ts';
import { type PeImage, readPe } from './pe.ts';

/** Images are loaded at multiples of this many bytes. */
const PAGE = 4096;

/** `MZ`. */
const DOS_SIGNATURE = [0x4d, 0x5a];

/** Addresses in code are changed when an image is loaded; all other bytes stay. */
const SAME_SHARE = 0.95;

/** A part of guest memory. */
export type Memory = {
  /** Guest physical address of the first byte. */
  readonly address: number;
  readonly bytes: Uint8Array;
};

/** Where in a program of the firmware an instruction is. */
export type CodePlace = {
  readonly module: FirmwareModule;
  /** From the start of the loaded image. */
  readonly offset: number;
};

/**
 * Finds the program that an instruction in memory belongs to: the PE image that is loaded around it, by
 * its headers, and the firmware's program with the same code.
 *
 * @param memory around the instruction, far enough before it
 * @param instruction guest physical address
 * @param modules what the firmware has
 * @returns `undefined` where no image is loaded there, or none of the firmware's
 */
export function findLoadedModule(
  memory: Memory,
  instruction: number,
  modules: readonly FirmwareModule[],
): CodePlace | undefined {
  const position = instruction - memory.address;
  const firstPage = -memory.address & (PAGE - 1);
  let start = firstPage + Math.floor((position - firstPage) / PAGE) * PAGE;
  for (; start >= 0; start -= PAGE) {
    const loaded = readLoaded(memory.bytes.subarray(start));
    if (loaded === undefined || start + loaded.imageSize <= position) continue;
    const module = modules.find((one) => isLoadedFrom(memory.bytes.subarray(start), loaded, one));
    return module && { module, offset: position - start };
  }
  return undefined;
}

/** The headers of an image in memory; its sections are not where the file has them. */
function readLoaded(bytes: Uint8Array): PeImage | undefined {
  if (!DOS_SIGNATURE.every((byte, index) => bytes[index] === byte)) return undefined;
  return peOrNothing(bytesSource('guest memory', bytes));
}

function peOrNothing(source: ByteSource): PeImage | undefined {
  try {
    return readPe(source);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function isLoadedFrom(bytes: Uint8Array, loaded: PeImage, { image }: FirmwareModule): boolean {
  const pe = peOrNothing(bytesSource('firmware module', image));
  if (pe === undefined || pe.imageSize !== loaded.imageSize) return false;
  const [code] = pe.sections;
  if (code === undefined) return false;
  const size = Math.min(code.rawSize, code.virtualSize || code.rawSize);
  const file = image.subarray(code.rawOffset, code.rawOffset + size);
  const memory = bytes.subarray(code.virtualAddress, code.virtualAddress + size);
  return file.length > 0 && sameShare(file, memory) >= SAME_SHARE;
}

function sameShare(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((same, byte, index) => same + Number(byte === other[index]), 0) / one.length;
}
