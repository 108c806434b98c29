import { driverImage, textsOfImage } from './driver-image.ts';
import type { FirmwareFile } from './firmware-file.ts';
import { readNamedVolume } from './named-volume.ts';
import type { OvmfBuild } from './ovmf-build.ts';

/** Drivers: the one that measures SMBIOS, the one that makes type 0, and one that also shows the vendor. */
const MEASURER = 'd27fed59-abb4-4fed-bead-2a878c7e4a7e';
const PLATFORM = '4110465d-5ff3-4f4b-b580-24ed0d06747a';
const BDS = '6d33944a-ec75-4855-a54d-809c75241f6c';

/** What type 0 says where the build sets no date, and what it says in place of a text that is too short. */
const DEFAULT_DATE = '02/02/2022';
const FALLBACK = 'unknown';
const MIN_TEXT = 3;

const DATE = /[0-9]{2}\/[0-9]{2}\/[0-9]{4}$/;

/** What an OVMF image says about the SMBIOS table that it makes and measures. */
export type OvmfSmbios = {
  /** Whether it measures the table: OvmfPkgX64 since edk2-stable202505, the AmdSev build never. */
  readonly isMeasured: boolean;
  /** Vendor, version and date of the type 0 structure that it adds; absent where they are not found. */
  readonly biosStrings: readonly [string, string, string] | undefined;
};

/**
 * Looks into an OVMF image for what its SMBIOS measurement depends on.
 *
 * @param build the firmware
 * @throws FormatError where the volume with the DXE drivers, or a file of it, is damaged
 * @see edk2, MdeModulePkg/Universal/SmbiosMeasurementDxe, OvmfPkg/SmbiosPlatformDxe
 */
export function readOvmfSmbios(build: Pick<OvmfBuild, 'dxeVolume' | 'version'>): OvmfSmbios {
  const { files } = readNamedVolume(build.dxeVolume);
  return {
    isMeasured: files.some(({ name }) => name === MEASURER),
    biosStrings: biosStrings(files, build.version),
  };
}

/** The texts are constants without a mark: every text of the driver has to be accounted for. */
function biosStrings(
  files: readonly FirmwareFile[],
  version: string | undefined,
): OvmfSmbios['biosStrings'] {
  const texts = textsOf(files, PLATFORM);
  if (version === undefined || !texts.some((text) => text.endsWith(version))) return undefined;
  const others = texts.filter((text) => !text.endsWith(version) && !text.endsWith(FALLBACK));
  const dates = others.filter((text) => DATE.test(text)).map((text) => text.slice(-10));
  const [vendor, ...more] = others.filter((text) => !DATE.test(text));
  const ownDates = dates.filter((date) => date !== DEFAULT_DATE);
  if (vendor === undefined || more.length > 0 || ownDates.length > 1) return undefined;
  const shown = textsOf(files, BDS).flatMap((text) => commonEnd(text, vendor));
  const [longest] = shown.toSorted((a, b) => b.length - a.length);
  return longest === undefined ? undefined : [longest, version, ownDates[0] ?? DEFAULT_DATE];
}

function textsOf(files: readonly FirmwareFile[], driver: string): readonly string[] {
  const file = files.find(({ name }) => name === driver);
  return file ? textsOfImage(driverImage(file), MIN_TEXT) : [];
}

/** How far two texts are the same from their end on; nothing where that is no text. */
function commonEnd(one: string, other: string): readonly string[] {
  let length = 0;
  while (length < one.length && one.at(-1 - length) === other.at(-1 - length)) length++;
  return length < MIN_TEXT ? [] : [one.slice(-length)];
}
