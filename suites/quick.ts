import type { ListedTest } from './shard.ts';

/** One disk and one kernel that is booted directly: every agent that measures, but systemd-boot and shim. */
const MACHINES: readonly string[] = ['uki', 'direct-kernel'];

/**
 * Of the firmware's check of kernel, initrd and command line: what boots, and what is refused; of Secure Boot, the
 * images that the firmware is asked about, and one way through every program to the kernel.
 */
const CASES: readonly string[] = [
  'CVM-KH-001 good',
  'CVM-KH-001 linux',
  'CVM-KH-002 kernel-bit',
  'CVM-KH-003 initrd-bit',
  'CVM-KH-004 cmdline-space-added',
  'CVM-KH-005 table-absent',
  'CVM-SB-001 leaf-in-db',
  'CVM-SB-008 leaf-in-db',
  'CVM-SB-017 shim-to-loader-to-uki',
];

/** Chapters that boot nothing where the host has no SEV-SNP. */
const WITHOUT_BOOT = /^CVM-LM-/;

/** Whether a test is one of the few that tell in a minute and a half whether anything is wrong. */
export function isQuick({ name, machines }: ListedTest): boolean {
  if (name.startsWith('CVM-MB-')) return machines.every((one) => MACHINES.includes(one));
  return WITHOUT_BOOT.test(name) || CASES.some((one) => name.startsWith(`${one}:`));
}
