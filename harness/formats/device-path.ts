import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { ACPI_NODES, HARDWARE_NODES } from './device-path-hardware.ts';
import { MEDIA_NODES } from './device-path-media.ts';
import { MESSAGING_NODES } from './device-path-messaging.ts';
import type { DevicePathNode, NodeTexts } from './device-path-node.ts';

/** Bytes of type, sub-type and length in front of every node. */
const HEADER_BYTES = 4;

/** Type of the nodes that end a path or an instance of it. */
const END_TYPE = 0x7f;
const END_ENTIRE = 0xff;
const END_INSTANCE = 0x01;

const NODE_TEXTS: Readonly<Record<number, NodeTexts>> = {
  1: HARDWARE_NODES,
  2: ACPI_NODES,
  3: MESSAGING_NODES,
  4: MEDIA_NODES,
};

/** The nodes of a device path, end nodes left out, for each of its instances: one, as a rule. */
export type DevicePath = readonly (readonly DevicePathNode[])[];

/**
 * Reads a device path up to and with its end node.
 *
 * @param cursor stands at the first node, little-endian, and is moved past the end node
 * @throws FormatError where a node is shorter than its header, or the path has no end
 * @see UEFI 2.11, 10.2, 10.3.1
 */
export function readDevicePath(cursor: Cursor): DevicePath {
  const instances: DevicePathNode[][] = [[]];
  for (;;) {
    const node = readNode(cursor);
    if (node.type !== END_TYPE) {
      instances.at(-1)?.push(node);
    } else if (node.subType === END_ENTIRE) {
      return instances;
    } else if (node.subType === END_INSTANCE) {
      instances.push([]);
    } else {
      throw cursor.errorAt(
        cursor.offset - HEADER_BYTES - node.data.length,
        'the end of a device path or of an instance',
        `sub-type 0x${node.subType.toString(16)}`,
      );
    }
  }
}

function readNode(cursor: Cursor): DevicePathNode {
  const start = cursor.offset;
  const type = cursor.u8('device path node type');
  const subType = cursor.u8('device path node sub-type');
  const length = cursor.u16('device path node length');
  if (length < HEADER_BYTES) {
    throw cursor.errorAt(start + 2, `a node of ${HEADER_BYTES} bytes or more`, `${length} bytes`);
  }
  return { type, subType, data: cursor.take(length - HEADER_BYTES, 'device path node') };
}

/**
 * Writes a device path as UEFI's text, e.g. `PciRoot(0x0)/Pci(0x3,0x0)/HD(1,GPT,…,0x800,0x40000)`.
 * A node without a text of its own is written as `Path(type,subtype,data)`.
 *
 * @param path the device path
 * @see UEFI 2.11, 10.6
 */
export function devicePathText(path: DevicePath): string {
  return path.map((instance) => instance.map(nodeText).join('/')).join(',');
}

function nodeText(node: DevicePathNode): string {
  const text = NODE_TEXTS[node.type]?.[node.subType];
  try {
    return text?.(new Cursor('device path node', node.data)) ?? genericText(node);
  } catch (error) {
    // A node that is shorter than its type demands is shown as it is.
    if (error instanceof FormatError) return genericText(node);
    throw error;
  }
}

function genericText({ type, subType, data }: DevicePathNode): string {
  return `Path(${[type, subType, ...(data.length > 0 ? [toHex(data).toUpperCase()] : [])].join(',')})`;
}
