import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { driverImage, textsOfImage } from './driver-image.ts';
import { FILE_TYPE, type FirmwareFile } from './firmware-file.ts';
import { type FirmwareVolume, readFirmwareVolumes } from './firmware-volume.ts';

/** Drivers that keep variables in SMM: VariableSmm and VariableStandaloneMm. */
const SMM_VARIABLE_DRIVERS = [
  '23a089b3-eed5-4ac5-b2ab-43e3298c2343',
  '7ee2c0c1-c21a-4113-a53a-66824a95696f',
];

/** Tcg2Pei, which measures the version string, and SmbiosPlatformDxe, which shows it. */
const VERSION_MEASURER = 'a0c98b77-cba5-4bb8-993b-4af6ce33ece4';
const VERSION_SHOWER = '4110465d-5ff3-4f4b-b580-24ed0d06747a';

/** Only a variable driver with Secure Boot knows this variable by name. */
const SECURE_BOOT_NAME = Buffer.from('SecureBootEnable\0', 'utf16le');

/** SecurityStubDxe, which DxeImageVerificationLib is linked to. */
const IMAGE_VERIFIER = 'f80697e9-7fd6-4665-8646-88e33ef71dfc';

/** Coefficient b of P-256 (FIPS 186-5, SP 800-186 3.2.1.3), as OpenSSL's tables of curves have it. */
const P256_B = Buffer.from(
  '5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b',
  'hex',
);

/** The least length of a version, in characters. */
const MIN_VERSION = 3;

/** What an OVMF image says about how it was built. */
export type OvmfBuild = {
  /** Whether it knows Secure Boot: else the variable SecureBoot is measured empty. */
  readonly hasSecureBoot: boolean;
  /** Whether it keeps variables in SMM, and so needs `smm=on`. */
  readonly needsSmm: boolean;
  /** Whether its Secure Boot verifies ECDSA signatures: OpenSSL is built with elliptic curves or without. */
  readonly verifiesEcdsa: boolean;
  /** PcdFirmwareVersionString; absent where none is found. */
  readonly version: string | undefined;
  /** The volume that the firmware runs in PEI, as it is in flash: it changes before it is measured. */
  readonly peiVolume: ByteSource;
  /** The volume with the DXE drivers, as it is measured. */
  readonly dxeVolume: ByteSource;
};

/**
 * Looks into an OVMF image for what its measurements depend on.
 *
 * @param image the flash image with the firmware's code
 * @throws FormatError where a volume, file, section or compressed data is damaged, or there is no
 *   firmware with PEI and DXE in it
 */
export function readOvmfBuild(image: ByteSource): OvmfBuild {
  const volumes = readFirmwareVolumes(image);
  const files = volumes.flatMap((volume) => volume.files);
  return {
    hasSecureBoot: volumes.some((volume) => contains(volume, SECURE_BOOT_NAME)),
    needsSmm: files.some(({ name }) => SMM_VARIABLE_DRIVERS.includes(name)),
    verifiesEcdsa: files.some((file) => file.name === IMAGE_VERIFIER && hasCurves(file)),
    version: findVersion(files),
    peiVolume: volumeWith(image, volumes, FILE_TYPE.peiCore),
    dxeVolume: volumeWith(image, volumes, FILE_TYPE.dxeCore),
  };
}

function hasCurves(file: FirmwareFile): boolean {
  return Buffer.from(driverImage(file)).includes(P256_B);
}

function contains({ source }: FirmwareVolume, needle: Buffer): boolean {
  const { buffer, byteOffset, byteLength } = source.read(0, source.size);
  return Buffer.from(buffer, byteOffset, byteLength).includes(needle);
}

function volumeWith(
  image: ByteSource,
  volumes: readonly FirmwareVolume[],
  type: number,
): ByteSource {
  const volume = volumes.find(({ files }) => files.some((file) => file.type === type));
  if (volume !== undefined) return volume.source;
  throw new FormatError({
    file: image.name,
    offset: 0,
    expected: 'a firmware image with a PEI and a DXE core',
    found: `${volumes.length} firmware volumes without a file of type 0x${type.toString(16)}`,
  });
}

/**
 * The version is a constant in every driver that uses it, without a mark. It is the longest text that
 * ends one in both drivers; before it may stand other bytes that look like text.
 */
function findVersion(files: readonly FirmwareFile[]): string | undefined {
  const shown = new Set(endsOfTexts(files, VERSION_SHOWER));
  const common = endsOfTexts(files, VERSION_MEASURER).filter((text) => shown.has(text));
  return common.toSorted((a, b) => b.length - a.length)[0];
}

/** The texts of a driver, each with every shorter text that ends like it. */
function endsOfTexts(files: readonly FirmwareFile[], name: string): readonly string[] {
  const file = files.find((candidate) => candidate.name === name);
  if (file === undefined) return [];
  const texts = textsOfImage(driverImage(file), MIN_VERSION);
  return texts.flatMap((text) =>
    Array.from({ length: text.length - MIN_VERSION + 1 }, (_, start) => text.slice(start)),
  );
}
