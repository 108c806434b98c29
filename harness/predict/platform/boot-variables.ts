import type { OvmfBootManager } from '../../formats/ovmf-boot-manager.ts';
import { readOvmfBootManager } from '../../formats/ovmf-boot-manager.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';
import type { Firmware } from '../firmware/firmware.ts';
import { firmwareEvent } from '../firmware/firmware-events.ts';
import type { Platform } from '../platform.ts';
import type { Forecast } from '../prediction.ts';
import { readBootOption } from './boot-option.ts';
import {
  type BootOptionList,
  bootOptionName,
  bootOrderData,
  storedOptions,
  withoutDamaged,
} from './boot-option-list.ts';
import { hasShortFormOption, withDisks, withQemuOrder } from './ovmf-disk-options.ts';
import {
  withFirmwareOptions,
  withMenuOption,
  withOnlyFirmwareOptions,
  withSetupOption,
} from './ovmf-firmware-options.ts';
import { readQemuBootOrder } from './qemu-boot-order.ts';

const PCR = 1;

/** fw_cfg files by which a user has OVMF leave out an option. */
const SWITCHES = ['opt/org.tianocore/EFIShellSupport', 'opt/org.tianocore/FirmwareSetupSupport'];

/** The boot options when the firmware is ready to boot, or why they are not known. */
type ReadyOptions = { readonly list: BootOptionList } | { readonly unknown: string };

/**
 * Forecasts what is measured of BootOrder and the boot options when the firmware is ready to boot: the
 * variable store's, with those that the firmware adds and removes on its way there.
 *
 * @param forecast which banks
 * @param firmware its boot manager, and the variables it starts with
 * @param boot `kernel` is started before the firmware looks for devices: then no table of QEMU is needed
 * @param platform QEMU's list of boot devices
 * @throws FormatError where a file of the firmware is damaged
 * @see edk2, SecurityPkg/Tcg/Tcg2Dxe/Tcg2Dxe.c (MeasureAllBootVariables),
 *   OvmfPkg/Library/PlatformBootManagerLib/BdsPlatform.c
 */
export function bootVariableEvents(
  forecast: Forecast,
  firmware: Pick<Firmware, 'build' | 'store'>,
  boot: 'disk' | 'kernel',
  platform: Platform,
): Contribution {
  const manager = readOvmfBootManager(firmware.build);
  if (manager === undefined) return unknown([PCR], 'which boot options this firmware makes');
  const ready = readyOptions(manager, storedOptions(firmware.store), boot, platform);
  if ('unknown' in ready) return unknown([PCR], ready.unknown);
  return computed(...variableEvents(forecast, ready.list));
}

function readyOptions(
  manager: OvmfBootManager,
  stored: BootOptionList,
  boot: 'disk' | 'kernel',
  { fwCfg }: Platform,
): ReadyOptions {
  const switched = SWITCHES.find((name) => fwCfg?.has(name));
  if (switched !== undefined) return { unknown: `what ${switched} does to the boot options` };
  const early = withSetupOption(withMenuOption(withoutDamaged(stored), manager), manager);
  if (boot === 'kernel') return { list: early };
  const late = manager.restrictsToFirmware
    ? { list: withFirmwareOptions(withOnlyFirmwareOptions(early), manager) }
    : withDevices(early, manager, fwCfg);
  return 'unknown' in late ? late : { list: withoutDamaged(withMenuOption(late.list, manager)) };
}

function withDevices(
  early: BootOptionList,
  manager: OvmfBootManager,
  fwCfg: Platform['fwCfg'],
): ReadyOptions {
  if (fwCfg === undefined) return { unknown: 'boot options depend on QEMU’s list of boot devices' };
  const order = readQemuBootOrder(fwCfg.get('bootorder'));
  if ('unknown' in order) return order;
  const list = withFirmwareOptions(withDisks(early, order.disks), manager);
  return hasShortFormOption(list)
    ? {
        unknown: 'the variable store has a boot option whose device the firmware has to search for',
      }
    : { list: withQemuOrder(list, order.disks) };
}

/** Of a boot variable its value is hashed, without its name. */
function variableEvents({ banks }: Forecast, list: BootOptionList): readonly ExpectedEvent[] {
  if (list.order.length === 0) return [];
  const event = (description: string, data: Uint8Array) =>
    firmwareEvent(banks, { pcr: PCR, type: 'EV_EFI_VARIABLE_BOOT', description }, data);
  const names = list.order.map(bootOptionName);
  const options = list.order.flatMap((number) => {
    const data = list.values.get(number);
    if (data === undefined) return [];
    return event(`${bootOptionName(number)}: ${readBootOption(data)?.description ?? ''}`, data);
  });
  return [event(`BootOrder: ${names.join(', ')}`, bootOrderData(list)), ...options];
}
