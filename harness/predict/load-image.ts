import type { ByteSource } from '../bytes/source.ts';
import { authenticodeDigests } from '../formats/authenticode.ts';
import { type PeImage, readPe } from '../formats/pe.ts';
import type { Bank } from '../measure/bank.ts';
import type { LoadedImage } from './firmware/boot-manager.ts';
import { readImageSignatures } from './firmware/image-signatures.ts';
import { hashesToVerify, verifyImage } from './firmware/image-verification.ts';
import type { ImageAuthority } from './firmware/secure-boot.ts';
import type { SignatureDatabases } from './firmware/signature-databases.ts';
import type { Forecast } from './prediction.ts';
import { UnbootableError } from './unbootable-error.ts';

/** Subsystems of EFI images (UEFI 2.11, 2.1.1). */
const IMAGE_KINDS: Readonly<Record<number, LoadedImage['kind']>> = {
  10: 'application',
  11: 'boot-services-driver',
  12: 'runtime-driver',
};

/** Machine type of x86-64 images. */
const X86_64 = 0x8664;

/** An image that the firmware has loaded, and the entries of db that allowed it. */
export type AllowedImage = Omit<LoadedImage, 'authorities' | 'fromGptDisk'> & {
  readonly pe: PeImage;
  /** In the order in which they are measured; none where Secure Boot is not on. */
  readonly allowedBy: readonly ImageAuthority[];
};

/** What an image is to the firmware; nothing where it is none for x86-64. */
export function efiImageKind({ machine, subsystem }: PeImage): LoadedImage['kind'] | undefined {
  return machine === X86_64 ? IMAGE_KINDS[subsystem] : undefined;
}

/**
 * Loads an image as the firmware does.
 *
 * @param forecast which banks
 * @param image the image, and where it is, for people
 * @param databases what Secure Boot judges it by; absent where Secure Boot is not on
 * @throws FormatError where it is no PE image
 * @throws UnbootableError where it is for another processor, or Secure Boot refuses it
 */
export function loadImage(
  { banks }: Forecast,
  { source, path: description }: { readonly source: ByteSource; readonly path: string },
  databases: SignatureDatabases | undefined,
): AllowedImage {
  const pe = readPe(source);
  const kind = efiImageKind(pe);
  if (kind === undefined) {
    throw new UnbootableError(`${source.name} is no EFI image for x86-64`);
  }
  if (databases === undefined) {
    const authenticode = authenticodeDigests(source, pe, banks);
    return { kind, authenticode, description, pe, allowedBy: [] };
  }
  const signatures = readImageSignatures(source, pe);
  const hashes = new Set<Bank>([...banks, ...hashesToVerify(signatures)]);
  const authenticode = authenticodeDigests(source, pe, [...hashes]);
  const verdict = verifyImage(signatures, authenticode, databases);
  if (!verdict.allowed) {
    throw new UnbootableError(`Secure Boot refuses ${source.name}: ${verdict.reason}`);
  }
  return { kind, authenticode, description, pe, allowedBy: verdict.authorities };
}
