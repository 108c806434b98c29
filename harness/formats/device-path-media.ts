import { Cursor } from '../bytes/cursor.ts';
import { decodeUtf16, decodeUtf16z } from '../bytes/utf16.ts';
import type { DevicePathNode, NodeTexts } from './device-path-node.ts';
import { guidText, hexNumber, vendorText } from './device-path-text.ts';

const MEDIA_TYPE = 4;
const HARD_DRIVE = 1;
const FILE_PATH = 4;

/** SignatureType of a partition: of an MBR, or of a GPT. */
const MBR_SIGNATURE = 1;
const GUID_SIGNATURE = 2;

/** Media device path nodes (UEFI 2.11, 10.3.5). */
export const MEDIA_NODES: NodeTexts = {
  [HARD_DRIVE]: hardDriveText,
  2: (cursor) => {
    const entry = hexNumber(cursor.u32('boot entry'));
    const start = hexNumber(cursor.u64('start'));
    return `CDROM(${entry},${start},${hexNumber(cursor.u64('size'))})`;
  },
  3: vendorText('VenMedia'),
  [FILE_PATH]: (cursor) => pathName(cursor.take(cursor.remaining, 'path')),
  5: (cursor) => `Media(${guidText(cursor)})`,
  6: (cursor) => `FvFile(${guidText(cursor)})`,
  7: (cursor) => `Fv(${guidText(cursor)})`,
  8: (cursor) => {
    cursor.take(4, 'reserved bytes');
    const start = hexNumber(cursor.u64('start'));
    return `Offset(${start},${hexNumber(cursor.u64('end'))})`;
  },
};

type HardDrive = {
  readonly number: number;
  readonly start: bigint;
  readonly sectors: bigint;
  readonly signature: Cursor;
  readonly signatureType: number;
};

/**
 * The GPT partition that a device path leads through.
 *
 * @param nodes nodes of one instance of the path
 * @returns its unique GUID; `undefined` where there is no such node
 * @throws FormatError where the node is too short
 */
export function gptPartitionOf(nodes: readonly DevicePathNode[]): string | undefined {
  const node = nodes.find(({ type, subType }) => type === MEDIA_TYPE && subType === HARD_DRIVE);
  if (node === undefined) return undefined;
  const { signature, signatureType } = readHardDrive(new Cursor('device path node', node.data));
  return signatureType === GUID_SIGNATURE ? signature.guid('partition GUID') : undefined;
}

/**
 * The file that a device path names.
 *
 * @param nodes nodes of one instance of the path
 * @returns its path with `\` between names; `undefined` where the device path names none
 */
export function filePathOf(nodes: readonly DevicePathNode[]): string | undefined {
  const parts = nodes
    .filter(({ type, subType }) => type === MEDIA_TYPE && subType === FILE_PATH)
    .map(({ data }) => pathName(data));
  return parts.length === 0 ? undefined : parts.join('\\').replace(/\\{2,}/g, '\\');
}

function hardDriveText(cursor: Cursor): string {
  const { number, start, sectors, signature, signatureType } = readHardDrive(cursor);
  const disk =
    signatureType === GUID_SIGNATURE
      ? `GPT,${guidText(signature)}`
      : signatureType === MBR_SIGNATURE
        ? `MBR,0x${signature.u32('MBR signature').toString(16).toUpperCase().padStart(8, '0')}`
        : `${signatureType},0`;
  return `HD(${number},${disk},${hexNumber(start)},${hexNumber(sectors)})`;
}

function readHardDrive(cursor: Cursor): HardDrive {
  const number = cursor.u32('partition number');
  const start = cursor.u64('partition start');
  const sectors = cursor.u64('partition size');
  const signature = cursor.sub(16, 'partition signature');
  cursor.take(1, 'partition format');
  return { number, start, sectors, signature, signatureType: cursor.u8('signature type') };
}

function pathName(units: Uint8Array): string {
  return decodeUtf16z(units) ?? decodeUtf16(units);
}
