import { guidBytes } from '../../bytes/guid.ts';
import type { DevicePathNode } from '../../formats/device-path-node.ts';
import {
  isNode,
  leadsThrough,
  NODE,
  PCI_ROOT_HID,
  type PciFunction,
  pciPath,
} from './boot-device-path.ts';
import { type BootOption, LOAD_OPTION, pathOf, sameOption } from './boot-option.ts';
import {
  type BootOptionList,
  type NumberedOption,
  optionsOf,
  withOption,
  withoutOption,
} from './boot-option-list.ts';

/** Optional data by which the boot manager knows the options that it made itself. */
const MADE_BY_BOOT_MANAGER = guidBytes('8108ac4e-9f11-4d59-850e-e21a522c59b2');

/** Nodes that start a device path which the boot manager has to complete, and nodes that make it one. */
const SHORT_FORM_STARTS = [NODE.hardDrive, NODE.filePath, NODE.uri];
const SHORT_FORM_NODES = [NODE.usbClass, NODE.usbWwid];

/** A disk is known by the bridges that lead to it and its own PCI function. */
type Disk = readonly PciFunction[];

/**
 * Adds an option for every virtio disk, and deletes those that the boot manager made for devices that
 * are no more.
 *
 * @see edk2, MdeModulePkg/Library/UefiBootManagerLib/BmBoot.c (EfiBootManagerRefreshAllBootOption)
 */
export function withDisks(list: BootOptionList, disks: readonly Disk[]): BootOptionList {
  // Without any option, the boot manager gives up.
  if (list.order.length === 0) return list;
  const found = disks.map(diskOption);
  const stored = optionsOf(list);
  const gone = stored.filter((option) => isOwn(option) && !isAmong(option, found));
  const added = found.filter((option) => !isAmong(option, stored));
  const rest = gone.reduce((before, { number }) => withoutOption(before, number), list);
  return added.reduce(withOption, rest);
}

/** Whether an active option leaves it to the firmware to find its device. */
export function hasShortFormOption(list: BootOptionList): boolean {
  return activeOptions(list).some((option) => {
    const nodes = pathOf(option).flat();
    const starts = SHORT_FORM_STARTS.some((kind) => isNode(nodes[0], kind));
    return starts || nodes.some((node) => SHORT_FORM_NODES.some((kind) => isNode(node, kind)));
  });
}

/**
 * Puts the options of QEMU's boot devices first. Active options of other PCI devices are deleted,
 * inactive ones fall out of BootOrder; the rest follows in its old order.
 *
 * @param list without short-form options
 * @see edk2, OvmfPkg/Library/QemuBootOrderLib/QemuBootOrderLib.c (SetBootOrderFromQemu)
 */
export function withQemuOrder(list: BootOptionList, disks: readonly Disk[]): BootOptionList {
  const active = activeOptions(list);
  const selected = new Set(disks.flatMap((disk) => optionsThrough(active, pciPath(disk))));
  if (selected.size === 0) return list;
  const surviving = active.filter((option) => !selected.has(option) && !isPciOption(option));
  const kept = [...selected, ...surviving];
  const dropped = active.filter((option) => !kept.includes(option)).map(({ number }) => number);
  return {
    ...list,
    order: kept.map(({ number }) => number),
    values: new Map([...list.values].filter(([number]) => !dropped.includes(number))),
  };
}

/** Neither ATA, SCSI, NVMe nor USB: the boot manager has no better name for a virtio disk. */
function diskOption(disk: Disk, index: number): BootOption {
  const description = 'UEFI Misc Device';
  return {
    attributes: LOAD_OPTION.active,
    description: index === 0 ? description : `${description} ${index + 1}`,
    path: pciPath(disk),
    optionalData: MADE_BY_BOOT_MANAGER,
  };
}

function isOwn(option: BootOption): boolean {
  const isLegacy = isNode(pathOf(option)[0]?.[0], NODE.bbs);
  return !isLegacy && Buffer.compare(option.optionalData, MADE_BY_BOOT_MANAGER) === 0;
}

function isAmong(option: BootOption, others: readonly BootOption[]): boolean {
  return others.some((other) => sameOption(option, other));
}

function activeOptions(list: BootOptionList): readonly NumberedOption[] {
  return optionsOf(list).filter(({ attributes }) => (attributes & LOAD_OPTION.active) !== 0);
}

function optionsThrough(options: readonly NumberedOption[], way: Uint8Array) {
  return options.filter(({ path }) => leadsThrough(path, way));
}

/** Options that QEMU's user could have selected, and did not. */
function isPciOption(option: NumberedOption): boolean {
  return isPciRoot(pathOf(option)[0]?.[0]);
}

function isPciRoot(node: DevicePathNode | undefined): boolean {
  if (node === undefined || !isNode(node, NODE.acpi) || node.data.length < 4) return false;
  return Buffer.from(node.data).readUInt32LE(0) === PCI_ROOT_HID;
}
