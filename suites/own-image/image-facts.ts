import { sliceSource } from '../../harness/bytes/slice-source.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import { verityPartitions } from '../../harness/coverage/verity-partitions.ts';
import { listDirectory } from '../../harness/formats/fat.ts';
import { findNode } from '../../harness/formats/file-tree.ts';
import type { Gpt } from '../../harness/formats/gpt.ts';
import { isLuksVolume } from '../../harness/formats/luks2-header.ts';
import { readShim } from '../../harness/formats/shim.ts';
import { openVolumeTree } from '../../harness/formats/volume-tree.ts';
import { type ChainLink, followBootChain, type Payload } from '../../harness/predict/boot-chain.ts';
import type { BootImage, BootVolume } from '../../harness/predict/boot-image.ts';
import type { Firmware } from '../../harness/predict/firmware/firmware.ts';
import { kernelParameters } from '../../harness/predict/linux/kernel-parameters.ts';
import { startedSystem } from '../../harness/predict/stub/uki-boot.ts';
import { systemdBootVersion } from '../../harness/predict/systemd-boot/systemd-boot.ts';
import { orReason } from '../../harness/predict/userspace/opened-system.ts';

/** How the firmware comes to the kernel. */
export type BootPathName = 'uki' | 'systemd-boot' | 'shim' | 'kernel';

/** What an image has, as far as its files tell. */
export type ImageFacts = {
  readonly path: BootPathName;
  /** Whether the VMM gives it to the firmware, and not a disk. */
  readonly isGiven: boolean;
  /** The programs on the way to the kernel, each in a few words. */
  readonly programs: readonly string[];
  /** UKIs in EFI/Linux of the partition that is booted from. */
  readonly ukis: readonly string[];
  /** Why it is not known what is measured behind the programs; absent where it is known. */
  readonly unknown?: string;
  /** What is read by way of dm-verity, and the partitions with data and hashes. */
  readonly verity: readonly string[];
  /** Encrypted partitions, by number. */
  readonly luks: readonly number[];
  /** Public host key (OpenSSH) of the guest's sshd; absent where no file system that is read has one. */
  readonly hostKey?: string;
};

/** The one kind of host key that the harness takes. */
const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key.pub';

/** An ed25519 key in OpenSSH's form has some hundred bytes. */
const MAX_KEY_BYTES = 4096;

/**
 * Finds out what an image has.
 *
 * @param firmware what would boot it
 * @param image the first program that the firmware loads
 * @throws FormatError where a program on the way is damaged; UnbootableError where there is none
 */
export function imageFacts(firmware: Firmware, image: BootImage): ImageFacts {
  const { links, payload } = followBootChain({ banks: [] }, firmware, image, undefined);
  const { place } = image;
  const hostKey = place && hostKeyOf(place);
  return {
    path: pathOf(links, image, payload),
    isGiven: image.boot === 'kernel',
    programs: links.map(programOf),
    ukis: place === undefined ? [] : ukisOf(place),
    ...(payload.kind === 'unknown' && { unknown: payload.reason }),
    verity: place === undefined ? [] : verityOf(place, payload),
    luks: place === undefined ? [] : luksOf(place),
    ...(hostKey !== undefined && { hostKey }),
  };
}

function pathOf(
  [first]: readonly [ChainLink, ...ChainLink[]],
  { boot }: BootImage,
  payload: Payload,
): BootPathName {
  const { image, loaded } = first;
  if (readShim(image.source, loaded.pe) !== undefined) return 'shim';
  if (systemdBootVersion(image.source, loaded.pe) !== undefined) return 'systemd-boot';
  return boot === 'kernel' && payload.kind === 'linux' ? 'kernel' : 'uki';
}

function programOf({ image: { source, path }, loaded: { pe } }: ChainLink): string {
  const shim = readShim(source, pe);
  if (shim !== undefined) return `${path}: shim ${shim.version}`;
  const loader = systemdBootVersion(source, pe);
  return loader === undefined ? path : `${path}: systemd-boot ${loader}`;
}

function ukisOf({ volume }: BootVolume): readonly string[] {
  const listed = listDirectory(volume, '\\EFI\\Linux') ?? [];
  return listed
    .filter(({ name, isDirectory }) => !isDirectory && /\.efi$/i.test(name))
    .map(({ name }) => `\\EFI\\Linux\\${name}`);
}

function verityOf({ disk, gpt }: BootVolume, payload: Payload): readonly string[] {
  if (payload.kind !== 'uki') return [];
  const parameters = kernelParameters(startedSystem(payload, false).commandLine);
  return verityPartitions(disk, gpt.partitions, parameters).map(
    ({ name, data, hash }) =>
      `${name}: data ${data.number} (${data.guid}), hashes ${hash.number} (${hash.guid})`,
  );
}

function luksOf({
  disk,
  gpt,
}: {
  readonly disk: ByteSource;
  readonly gpt: Gpt;
}): readonly number[] {
  return gpt.partitions
    .filter(({ offset, size }) => isLuksVolume(disk, offset, size))
    .map(({ number }) => number);
}

/** What the image itself says is the key of its sshd is what its guest must have. */
function hostKeyOf({ disk, gpt }: BootVolume): string | undefined {
  for (const { number, offset, size } of gpt.partitions) {
    const read = () => ({ key: keyIn(sliceSource(disk, offset, size, `partition ${number}`)) });
    const found = orReason(read);
    if ('key' in found && found.key !== undefined) return found.key;
  }
  return undefined;
}

function keyIn(partition: ByteSource): string | undefined {
  const tree = openVolumeTree(partition);
  const node = tree && findNode(tree.root, HOST_KEY);
  if (node?.kind !== 'file' || 'unread' in node.content) return undefined;
  const { size } = node.content;
  if (size > MAX_KEY_BYTES) return undefined;
  const text = Buffer.from(node.content.read(0, size)).toString('latin1').trim();
  return /^ssh-ed25519 [A-Za-z0-9+/=]+(?: [\x20-\x7e]*)?$/.test(text) ? text : undefined;
}
