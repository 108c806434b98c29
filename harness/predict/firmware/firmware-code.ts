import { chunksOf } from '../../bytes/source.ts';
import { encodeUtf16 } from '../../bytes/utf16.ts';
import type { OvmfBuild } from '../../formats/ovmf-build.ts';
import { type Contribution, computed, inOrder, learned, unknown } from '../contribution.ts';
import type { Platform } from '../platform.ts';
import type { Forecast } from '../prediction.ts';
import { firmwareEvent } from './firmware-events.ts';
import { computePeiVolume } from './pei-volume.ts';

const PCR = 0;

/**
 * Forecasts what the firmware measures of itself: its version, the volume with the PEI modules, and
 * the volume with the DXE drivers.
 *
 * @param forecast which banks
 * @param build the firmware
 * @param platform what its memory holds when it has run
 * @see TCG PC Client PFP 1.06, 3.3.4.1; edk2, SecurityPkg/Tcg/Tcg2Pei/Tcg2Pei.c
 */
export function predictFirmwareCode(
  forecast: Forecast,
  build: OvmfBuild,
  platform: Platform,
): Contribution {
  return inOrder(
    versionEvent(forecast, build),
    peiVolumeEvent(forecast, build, platform),
    dxeVolumeEvent(forecast, build),
  );
}

function versionEvent({ banks }: Forecast, { version }: OvmfBuild): Contribution {
  if (version === undefined) {
    return unknown([PCR], 'the firmware does not show the version string that it measures');
  }
  const event = { pcr: PCR, type: 'EV_S_CRTM_VERSION', description: version };
  return computed(firmwareEvent(banks, event, encodeUtf16(`${version}\0`)));
}

/** A rule that the firmware's memory refutes does not count. */
function peiVolumeEvent(
  { banks }: Forecast,
  { peiVolume }: OvmfBuild,
  { firmwareMemory }: Platform,
): Contribution {
  const ruled = computePeiVolume(peiVolume);
  const seen = firmwareMemory?.peiVolume;
  const event = (bytes: Uint8Array, origin: string) =>
    firmwareEvent(banks, peiVolumeDescribed(bytes, origin), bytes);
  if (ruled !== undefined && (seen === undefined || Buffer.compare(ruled, seen) === 0)) {
    return computed(event(ruled, 'changed from flash by a rule of its build'));
  }
  if (seen !== undefined) return learned(event(seen, 'from the memory of the firmware run alone'));
  return unknown(
    [PCR],
    'the volume with the PEI modules is measured after they ran in it and wrote to their globals, ' +
      'which depend on memory, vCPUs and the number of fw_cfg files; for this build no rule is known',
  );
}

function peiVolumeDescribed({ length }: Uint8Array, origin: string) {
  return {
    pcr: PCR,
    type: 'EV_EFI_PLATFORM_FIRMWARE_BLOB',
    description: `the volume with the PEI modules, ${length} bytes, ${origin}`,
  };
}

function dxeVolumeEvent({ banks }: Forecast, { dxeVolume }: OvmfBuild): Contribution {
  const event = {
    pcr: PCR,
    type: 'EV_EFI_PLATFORM_FIRMWARE_BLOB',
    description: `the volume with the DXE drivers, ${dxeVolume.size} bytes`,
  };
  const bytes = chunksOf(dxeVolume, 0, dxeVolume.size, 'DXE volume');
  return computed(firmwareEvent(banks, event, bytes));
}
