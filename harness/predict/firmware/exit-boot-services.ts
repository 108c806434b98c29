import { guidBytes } from '../../bytes/guid.ts';
import { readFirmwareVolumes } from '../../formats/firmware-volume.ts';
import type { OvmfBuild } from '../../formats/ovmf-build.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import type { Forecast } from '../prediction.ts';
import { action } from './firmware-events.ts';

const PCR = 5;

/** File name of the FAT driver (edk2, FatPkg/EnhancedFatDxe/Fat.inf). */
const FAT_DRIVER = '961578fe-b6b7-44c3-af35-6bc705cd2b1f';

/** gEfiEventBeforeExitBootServicesGuid: a driver that knows it does something at the last moment. */
const BEFORE_EXIT_BOOT_SERVICES = Buffer.from(guidBytes('8be0e274-3970-4b44-80c5-1ab9502f3bfc'));

/**
 * Whether the firmware's FAT driver writes back its caches at the first ExitBootServices(). That
 * changes the memory map, so that the call fails and the kernel makes it again.
 *
 * @param build the firmware
 * @throws FormatError where the firmware's drivers are damaged
 * @see edk2, FatPkg/EnhancedFatDxe/Misc.c (FatOnBeforeExitBootServices), after edk2-stable202605
 */
export function flushesFatVolumes({ dxeVolume }: Pick<OvmfBuild, 'dxeVolume'>): boolean {
  const driver = readFirmwareVolumes(dxeVolume)
    .flatMap(({ files }) => files)
    .find(({ name }) => name === FAT_DRIVER);
  if (driver === undefined) return false;
  const content = driver.content();
  return Buffer.from(content.take(content.remaining, 'FAT driver')).includes(
    BEFORE_EXIT_BOOT_SERVICES,
  );
}

/**
 * Forecasts what the firmware measures when the kernel takes over.
 *
 * @param forecast which banks
 * @param failsFirst whether the first call fails, because its preparations change the memory map
 * @see TCG PC Client PFP 1.06, 10.4.4; Linux, drivers/firmware/efi/libstub (efi_exit_boot_services)
 */
export function exitBootServicesEvents(
  { banks }: Forecast,
  failsFirst: boolean,
): readonly ExpectedEvent[] {
  const outcomes = failsFirst ? ['Failure', 'Success'] : ['Success'];
  return outcomes.flatMap((outcome) => [
    action(banks, PCR, 'Exit Boot Services Invocation'),
    action(banks, PCR, `Exit Boot Services Returned with ${outcome}`),
  ]);
}
