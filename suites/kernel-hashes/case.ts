import type { KernelHashes } from '../../harness/sev/hashes-table.ts';
import type { KernelHashesRequirement } from '../requirements/kernel-hashes.ts';
import type { InputName } from './inputs.ts';

/** What QEMU is given to boot directly. */
export type Given = {
  /** Absent where there is no kernel at all. */
  readonly kernel?: InputName;
  readonly initrd?: InputName;
  readonly cmdline?: string;
  /** A program that QEMU is given with `-shim`. */
  readonly shim?: InputName;
};

/** One way to boot directly, with a table of hashes in guest memory that fits it or does not. */
export type KernelHashesCase = {
  readonly requirement: KernelHashesRequirement;
  /** What is the matter with it; begins a sentence. */
  readonly what: string;
  readonly given: Given;
  /** What the table is made for, where that is not what is given. */
  readonly listed?: Given;
  /** The table; that of QEMU where nothing is said, none where it is `null`. */
  readonly table?: ((hashes: KernelHashes) => Uint8Array) | null;
  /** What the requirement wants of the firmware. */
  readonly wanted: 'booted' | 'refused';
  /** The case that differs from this one in what is tampered with, and boots. */
  readonly twin?: string;
};

/** Cases by the names of their machines. */
export type KernelHashesCases = Readonly<Record<string, KernelHashesCase>>;

/** The command line of most cases, an EFI program with it, and a Linux kernel with an initrd. */
export const CMDLINE = 'quiet cvm.word=1';
export const PROGRAM: Given = { kernel: 'program', cmdline: CMDLINE };
export const LINUX: Given = { kernel: 'linux', initrd: 'initrd', cmdline: CMDLINE };
