import { guidBytes } from '../../bytes/guid.ts';
import type { DevicePathNode } from '../../formats/device-path-node.ts';

/** A node by type and sub-type (UEFI 2.11, 10.3). */
type NodeKind = Pick<DevicePathNode, 'type' | 'subType'>;

/** The nodes that the boot manager tells options by. */
export const NODE = {
  pci: { type: 0x01, subType: 0x01 },
  memoryMapped: { type: 0x01, subType: 0x03 },
  acpi: { type: 0x02, subType: 0x01 },
  usbClass: { type: 0x03, subType: 0x0f },
  usbWwid: { type: 0x03, subType: 0x10 },
  uri: { type: 0x03, subType: 0x18 },
  hardDrive: { type: 0x04, subType: 0x01 },
  filePath: { type: 0x04, subType: 0x04 },
  firmwareFile: { type: 0x04, subType: 0x06 },
  firmwareVolume: { type: 0x04, subType: 0x07 },
  bbs: { type: 0x05, subType: 0x01 },
} as const satisfies Readonly<Record<string, NodeKind>>;

/** End of the entire device path. */
const END = Uint8Array.of(0x7f, 0xff, 4, 0);

/** EISA id of PNP0A03, a PCI root bridge, as it stands in an ACPI node. */
export const PCI_ROOT_HID = 0x0a0341d0;

/** Where a PCI function is on its bus. */
export type PciFunction = { readonly device: number; readonly function: number };

/** Whether a node is of a kind. */
export function isNode(node: DevicePathNode | undefined, { type, subType }: NodeKind): boolean {
  return node?.type === type && node.subType === subType;
}

/**
 * The device path of a PCI function behind the first root bridge.
 *
 * @param functions the bridges on the way, and the function itself
 */
export function pciPath(functions: readonly PciFunction[]): Uint8Array {
  const root = new DataView(new ArrayBuffer(8));
  root.setUint32(0, PCI_ROOT_HID, true);
  const nodes = functions.map(({ device, function: fn }) => nodeBytes(NODE.pci, [fn, device]));
  return Buffer.concat([nodeBytes(NODE.acpi, new Uint8Array(root.buffer)), ...nodes, END]);
}

/**
 * The device path of a file in a firmware volume.
 *
 * @param volume the volume's name, a GUID
 * @param file the file's name, a GUID
 */
export function firmwareFilePath(volume: string, file: string): Uint8Array {
  return Buffer.concat([
    nodeBytes(NODE.firmwareVolume, guidBytes(volume)),
    nodeBytes(NODE.firmwareFile, guidBytes(file)),
    END,
  ]);
}

/** Whether a device path goes the way of another one, and perhaps further; both with end nodes. */
export function leadsThrough(path: Uint8Array, way: Uint8Array): boolean {
  const nodes = way.subarray(0, way.length - END.length);
  return Buffer.compare(path.subarray(0, nodes.length), nodes) === 0;
}

function nodeBytes({ type, subType }: NodeKind, data: ArrayLike<number>): Uint8Array {
  const length = 4 + data.length;
  return Uint8Array.of(type, subType, length & 0xff, length >> 8, ...Array.from(data));
}
