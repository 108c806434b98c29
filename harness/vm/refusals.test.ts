import { describe, expect, it } from 'vitest';
import { refusalOf } from './refusals.ts';

describe('refusals', () => {
  it.each([
    [
      'BdsDxe: failed to load Boot0002 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x1,0x0): Access Denied -- rejected probably by Secure Boot',
      'firmware Secure Boot',
    ],
    ['BdsDxe: failed to start Boot0001 "x" from y: Security Violation', 'firmware Secure Boot'],
    ['BdsDxe: failed to load Boot0001 "x" from y: Access Denied', 'firmware Secure Boot'],
    ['BdsDxe: No bootable option or device was found.', 'firmware boot manager'],
    ['BdsDxe: loading Boot0002 "EFI Internal Shell" from Fv(7CB8)', 'firmware boot manager'],
    ['Verification failed: (0x1A) Security Violation', 'shim'],
    ['error: bad shim signature.', 'GRUB'],
    ['EFI stub: ERROR: exit_boot() failed!', 'Linux EFI stub'],
    ['[    1.0] device-mapper: verity: 254:2: data block 17 is corrupted', 'dm-verity'],
    ['[    1.0] device-mapper: verity: 254:2: metadata block 3 is corrupted', 'dm-verity'],
    ['[    1.0] device-mapper: verity: 254:2: reached maximum errors', 'dm-verity'],
    [
      '[    1.0] device-mapper: table: 253:0: verity: Root hash verification failed (-ENOKEY)',
      'dm-verity',
    ],
    ['[    1.0] Kernel panic - not syncing: dm-verity device corrupted', 'dm-verity'],
    [
      '[    1.0] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
      'Linux kernel',
    ],
    [
      '[    9.3] systemd-veritysetup[196]: Failed to load verity superblock: Invalid argument',
      'systemd-veritysetup',
    ],
    ['You are in emergency mode. After logging in, type "journalctl -xb" to view', 'systemd'],
    ['-- Press any key to proceed --', 'systemd-firstboot'],
    ['cvm-stage: emergency', 'systemd'],
    ['Entering emergency mode. Exit the shell to continue.', 'systemd'],
    ['Cannot open access to console, the root account is locked.', 'systemd'],
    ['[    2.0] systemd[1]: Freezing execution.', 'systemd'],
  ])('name who refused: %s', (line, by) => {
    expect(refusalOf(line)).toEqual({ by, line });
  });

  it.each([
    'BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x1,0x0): Not Found',
    'BdsDxe: starting Boot0002 "UEFI Misc Device"',
    '[    1.0] device-mapper: verity: sha256 using "sha256-ni"',
    '[    1.0] systemd[1]: Starting emergency.slice',
  ])('are not seen in what is none: %s', (line) => {
    expect(refusalOf(line)).toBeUndefined();
  });
});
