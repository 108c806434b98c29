import type { BootForecast } from '../../harness/judge/judge-changed-boot.ts';
import type { StageName } from '../../harness/vm/boot-stages.ts';
import type { DmVerityRequirement } from '../requirements/dm-verity.ts';
import type { ChangeableDisk } from './disk-changes.ts';
import type { KnownPlaces } from './known-places.ts';
import type { OtherDisks } from './other-disks.ts';

/** A boot that something is changed for on the disk, before the kernel has read any of it. */
export type BootCase = {
  readonly requirement: DmVerityRequirement;
  /** What is the matter with it; begins a sentence. */
  readonly what: string;
  readonly change: (disk: ChangeableDisk, places: KnownPlaces) => Promise<void> | void;
  /** Another disk than the image's own with words behind its command line. */
  readonly disk?: (disks: OtherDisks, words: string) => Promise<string>;
  /** Whether the firmware is to see the change; others go on from where the kernel has not read the disk yet. */
  readonly isFromPowerOn?: true;
  /** The root hash that its command line has, of the one that it should have. */
  readonly rootHash?: (root: string) => string;
  /** Whether Secure Boot is on. */
  readonly secureBoot?: true;
  /** How the boot ends, where that is not for dm-verity to decide. */
  readonly forecast?: BootForecast;
  /** The boot stage that is enough to see; else it is to answer SSH. */
  readonly until?: StageName;
  /** The boot that differs in the change alone, where that is another than {@link UNCHANGED}. */
  readonly twin?: string;
  /** Sector of the data, of 512 bytes, that QEMU fails to read. */
  readonly unreadable?: (places: KnownPlaces) => number;
  /** How the machine ends once dm-verity refuses. */
  readonly machine?: 'power-off' | 'restart' | 'panic';
  /** A file that the guest is to read, and what that comes to; else it is /coco, and reads `CoCo`. */
  readonly reads?: { readonly path: string; readonly as: string };
  /** Whether the root is read without dm-verity, so that the suite has to say that it is not as meant. */
  readonly withoutVerity?: true;
  /** A shell command that succeeds in a guest that has seen the change. */
  readonly seenBy?: string;
};

/** Has kernel and services say on the console what they refuse. */
const LOUD =
  'loglevel=4 systemd.journald.forward_to_console=1 systemd.journald.max_level_console=err';

/**
 * The same, and how long systemd waits for a root: what a busy host takes for that, many times over, and
 * less than the deadline of the boot stage. Other devices have the time that is usual.
 */
export const TELLING = `${LOUD} rootflags=x-systemd.device-timeout=60`;

/** The same for a root that never comes. */
export const TELLING_SOON = `${LOUD} rootflags=x-systemd.device-timeout=10`;

/** Boots by the names of their machines. */
export type BootCases = Readonly<Record<string, BootCase>>;

/** The boot that all others differ from. */
export const UNCHANGED = 'unchanged';

/**
 * A change of bits of the data.
 *
 * @param bits those that are 1 are flipped; the lowest where none are given
 */
export function onData(place: (places: KnownPlaces) => number, bits?: number): BootCase['change'] {
  return (disk, places) => disk.flip(disk.partitions.data.offset + place(places), bits);
}
