import { formatGuid, GUID_BYTES } from '../../bytes/guid.ts';
import type { DevicePathNode } from '../../formats/device-path-node.ts';
import { FIRMWARE_PROGRAMS, type OvmfBootManager } from '../../formats/ovmf-boot-manager.ts';
import { firmwareFilePath, isNode, NODE } from './boot-device-path.ts';
import { type BootOption, LOAD_OPTION, pathOf, sameOption, samePath } from './boot-option.ts';
import {
  type BootOptionList,
  type NumberedOption,
  optionsOf,
  withOption,
  withoutOption,
} from './boot-option-list.ts';

const { active, categoryApp, hidden } = LOAD_OPTION;

/**
 * The boot manager's menu has an option, whichever its attributes: where there is none, it is added.
 *
 * @see edk2, MdeModulePkg/Library/UefiBootManagerLib/BmBoot.c (EfiBootManagerGetBootManagerMenu)
 */
export function withMenuOption(list: BootOptionList, manager: OvmfBootManager): BootOptionList {
  const { file, description } = manager.menu;
  const menu = programOption(manager, file, description, categoryApp | active | hidden);
  const hasMenu = optionsOf(list).some((option) => samePath(option, menu));
  return hasMenu ? list : withOption(list, menu);
}

/** Before the consoles are connected, the firmware's set-up gets an option, in versions that do so. */
export function withSetupOption(list: BootOptionList, manager: OvmfBootManager): BootOptionList {
  const attributes = active | categoryApp;
  return manager.hasSetupOption
    ? withProgram(list, manager, 'setup', 'EFI Firmware Setup', attributes)
    : list;
}

/** The AmdSev build deletes what does not lead to a firmware volume. */
export function withOnlyFirmwareOptions(list: BootOptionList): BootOptionList {
  return optionsOf(list)
    .filter((option) => !isNode(pathOf(option)[0]?.[0], NODE.firmwareVolume))
    .reduce((rest, { number }) => withoutOption(rest, number), list);
}

/** After the devices, the shell and GRUB get their options; those of programs that are gone go. */
export function withFirmwareOptions(
  list: BootOptionList,
  manager: OvmfBootManager,
): BootOptionList {
  // Since the set-up has an option, the shell is not started by itself.
  const shell = manager.hasSetupOption ? active | categoryApp : active;
  const withShell = withProgram(list, manager, 'shell', 'EFI Internal Shell', shell);
  return withoutStale(withProgram(withShell, manager, 'grub', 'Grub Bootloader', active), manager);
}

/**
 * Adds the option of a program that is in the firmware. Since edk2-stable202505 an option with its
 * device path counts as this one, and is replaced where its attributes differ.
 */
function withProgram(
  list: BootOptionList,
  manager: OvmfBootManager,
  program: keyof typeof FIRMWARE_PROGRAMS,
  description: string,
  attributes: number,
): BootOptionList {
  const file = FIRMWARE_PROGRAMS[program];
  if (!manager.files.has(file)) return list;
  const option = programOption(manager, file, description, attributes);
  const isIt = manager.hasSetupOption ? samePath : sameOption;
  const found = optionsOf(list).find((other) => isIt(option, other));
  if (found === undefined) return withOption(list, option);
  if (found.attributes === attributes) return list;
  return withOption(withoutOption(list, found.number), option);
}

/** Options of firmware files that are no more are deleted. */
function withoutStale(list: BootOptionList, manager: OvmfBootManager): BootOptionList {
  return optionsOf(list)
    .filter((option) => isStale(option, manager))
    .reduce((rest, { number }) => withoutOption(rest, number), list);
}

function isStale(option: NumberedOption, { volume, files }: OvmfBootManager): boolean {
  const [first, second] = pathOf(option)[0] ?? [];
  const isInFirmware = isNode(first, NODE.memoryMapped) || isNode(first, NODE.firmwareVolume);
  if (!isInFirmware || !isNode(second, NODE.firmwareFile)) return false;
  return !isNode(first, NODE.firmwareVolume) || !isGuid(first, [volume]) || !isGuid(second, files);
}

/** Whether a node's data is one of some GUIDs. */
function isGuid(node: DevicePathNode | undefined, guids: Iterable<string>): boolean {
  return node?.data.length === GUID_BYTES && [...guids].includes(formatGuid(node.data));
}

function programOption(
  { volume }: OvmfBootManager,
  file: string,
  description: string,
  attributes: number,
): BootOption {
  const path = firmwareFilePath(volume, file);
  return { attributes, description, path, optionalData: new Uint8Array(0) };
}
