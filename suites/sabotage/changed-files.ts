import { Cursor } from '../../harness/bytes/cursor.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import { readGpt } from '../../harness/formats/gpt.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { Platform } from '../../harness/predict/platform.ts';
import { BOOTED, predict } from '../../harness/predict/predict.ts';
import type { Prediction } from '../../harness/predict/prediction.ts';
import { filesToPredict } from '../../harness/vm/machine-files.ts';

/** Bytes that stand in the place of a file's own. */
export type Patch = { readonly at: number; readonly bytes: Uint8Array };

/** How a file is changed; what is read of it says where. */
export type ChangeFile = (file: ByteSource) => readonly Patch[];

/**
 * Forecasts the boot of a machine one of whose files is changed. The file itself stays as it is.
 *
 * @param path which file
 * @throws what `predict` throws of the changed file
 */
export async function predictChanged(
  machine: Machine,
  platform: Platform,
  path: string,
  change: ChangeFile,
): Promise<Prediction> {
  using files = new DisposableStack();
  const sources = new Map<string, ByteSource>();
  for (const file of filesToPredict(machine)) {
    const source = files.use(await openSource(file));
    sources.set(file, file === path ? patched(source, change(source)) : source);
  }
  const open = (file: string): ByteSource => {
    const source = sources.get(file);
    if (source === undefined) throw new TypeError(`${file} is no file of the machine`);
    return source;
  };
  return predict(machine, open, { banks: machine.tpm.banks, phases: BOOTED, platform });
}

function patched(source: ByteSource, patches: readonly Patch[]): ByteSource {
  return {
    name: source.name,
    size: source.size,
    read: (offset, length) => {
      const bytes = Uint8Array.from(source.read(offset, length));
      for (const { at, bytes: other } of patches) {
        for (const [index, byte] of other.entries()) {
          const place = at + index - offset;
          if (place >= 0 && place < length) bytes[place] = byte;
        }
      }
      return bytes;
    },
  };
}

/** The lowest bit of a byte is another. */
function bitAt(file: ByteSource, at: number): Patch {
  const [byte = 0] = file.read(at, 1);
  return { at, bytes: Uint8Array.of(byte ^ 1) };
}

/** A bit in the middle of a section of the first UKI on a disk's ESP. */
export function bitOfSection(name: string): ChangeFile {
  return (disk) => {
    const { esp, bytes, header, uki } = firstUki(disk);
    const { at, size } = sectionOf(bytes, uki, header, name);
    return [bitAt(disk, esp.offset + uki + at + (size >> 1))];
  };
}

/** The first UKI on a disk's ESP is no program. */
export const brokenUki: ChangeFile = (disk) => {
  const { esp, uki } = firstUki(disk);
  return [bitAt(disk, esp.offset + uki)];
};

function firstUki(disk: ByteSource) {
  const [esp] = readGpt(disk).partitions;
  if (esp === undefined) throw new TypeError(`${disk.name} has no partition`);
  const bytes = Buffer.from(disk.read(esp.offset, esp.size));
  const header = bytes.indexOf(Buffer.from('.linux\0\0'));
  return { esp, bytes, header, uki: bytes.lastIndexOf('MZ', header) };
}

/** Section headers are 40 bytes (Microsoft PE format, 4); one and the others stand in a row. */
const HEADER_BYTES = 40;

/** Farther from the start of a UKI than its section headers reach. */
const HEADERS_END = 0x1000;

function sectionOf(bytes: Buffer, uki: number, oneHeader: number, name: string) {
  const first = uki + ((oneHeader - uki) % HEADER_BYTES);
  for (let at = first; at < uki + HEADERS_END; at += HEADER_BYTES) {
    if (bytes.toString('latin1', at, at + 8).replace(/\0+$/, '') !== name) continue;
    const cursor = new Cursor('section header', bytes.subarray(at + 8, at + 24), 'little', at);
    const size = cursor.u32('virtual size');
    cursor.u32('virtual address');
    cursor.u32('size of raw data');
    return { at: cursor.u32('pointer to raw data'), size };
  }
  throw new TypeError(`the UKI has no section ${name}`);
}

/**
 * A bit of the place where a file first has some bytes.
 *
 * @param offset which byte, from the first of them
 */
export function bitBehind(needle: Uint8Array, offset: number): ChangeFile {
  return (file) => {
    const at = Buffer.from(file.read(0, file.size)).indexOf(needle);
    if (at < 0) throw new TypeError(`${file.name} does not have what is to be changed`);
    return [bitAt(file, at + offset)];
  };
}
