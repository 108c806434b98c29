import { chunksOf } from '../bytes/source.ts';
import { encodeUtf16 } from '../bytes/utf16.ts';
import type { OvmfBuild } from '../formats/ovmf-build.ts';
import { type Contribution, inOrder, known, unknown } from './contribution.ts';
import { firmwareEvent } from './firmware-events.ts';
import type { Forecast } from './prediction.ts';

const PCR = 0;

/**
 * Forecasts what the firmware measures of itself: its version, the volume with the PEI modules, and
 * the volume with the DXE drivers.
 *
 * @param forecast which banks
 * @param build the firmware
 * @see TCG PC Client PFP 1.06, 3.3.4.1; edk2, SecurityPkg/Tcg/Tcg2Pei/Tcg2Pei.c
 */
export function predictFirmwareCode({ banks }: Forecast, build: OvmfBuild): Contribution {
  return inOrder(versionEvent({ banks }, build), peiVolume(), dxeVolumeEvent({ banks }, build));
}

function versionEvent({ banks }: Forecast, { version }: OvmfBuild): Contribution {
  if (version === undefined) {
    return unknown([PCR], 'the firmware does not show the version string that it measures');
  }
  const event = { pcr: PCR, type: 'EV_S_CRTM_VERSION', description: version };
  return known(firmwareEvent(banks, event, encodeUtf16(`${version}\0`)));
}

function peiVolume(): Contribution {
  return unknown(
    [PCR],
    'the volume with the PEI modules is measured after they ran in it and wrote to their globals, ' +
      'which depend on memory, vCPUs and the number of fw_cfg files',
  );
}

function dxeVolumeEvent({ banks }: Forecast, { dxeVolume }: OvmfBuild): Contribution {
  const event = {
    pcr: PCR,
    type: 'EV_EFI_PLATFORM_FIRMWARE_BLOB',
    description: `the volume with the DXE drivers, ${dxeVolume.size} bytes`,
  };
  const bytes = chunksOf(dxeVolume, 0, dxeVolume.size, 'DXE volume');
  return known(firmwareEvent(banks, event, bytes));
}
