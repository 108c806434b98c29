/** Programs on the boot path that can refuse to go on. */
export type RefusingComponent =
  | 'firmware Secure Boot'
  | 'firmware boot manager'
  | 'shim'
  | 'GRUB'
  | 'Linux EFI stub'
  | 'Linux kernel'
  | 'dm-verity'
  | 'initrd'
  | 'systemd-veritysetup'
  | 'systemd-firstboot'
  | 'systemd';

/** A console line that says that the boot will not succeed, and who says so. */
export type Refusal = { readonly by: RefusingComponent; readonly line: string };

/** Known-bad console lines; the first that fits names the component. */
const REFUSALS: readonly (readonly [RegExp, RefusingComponent])[] = [
  // edk2: OvmfPkg/Library/PlatformBmPrintScLib/StatusCodeHandler.c
  [
    /BdsDxe: failed to \w+ Boot[0-9A-F]{4}.*: (?:Security Violation|Access Denied)/,
    'firmware Secure Boot',
  ],
  [/BdsDxe: No bootable option or device was found/, 'firmware boot manager'],
  [/BdsDxe: \w+ Boot[0-9A-F]{4} "EFI Internal Shell"/, 'firmware boot manager'],
  // shim: shim.c, errlog.c
  [/Verification failed: \(0x1A\) Security Violation/, 'shim'],
  [/Verifying shim SBAT data failed: Security Policy Violation/, 'shim'],
  // GRUB: grub-core/kern/efi/sb.c
  [/^error: .*(?:bad shim signature|prohibited by secure boot policy)/, 'GRUB'],
  // Linux: drivers/firmware/efi/libstub, drivers/md/dm-verity-target.c, kernel/panic.c
  [/^EFI stub: ERROR: /, 'Linux EFI stub'],
  [/device-mapper: verity: .* (?:is corrupted|reached maximum errors)/, 'dm-verity'],
  [/device-mapper: table: .*verity: Root hash verification failed/, 'dm-verity'],
  [/Kernel panic - not syncing: dm-verity device corrupted/, 'dm-verity'],
  [/Kernel panic - not syncing: /, 'Linux kernel'],
  // initramfs-tools and dracut
  [/^Gave up waiting for (?:root file system|root) device/, 'initrd'],
  [/dracut: FATAL: /, 'initrd'],
  // cryptsetup: lib/verity
  [/Verity device detected corruption after activation/, 'dm-verity'],
  // systemd: src/veritysetup/veritysetup.c
  [/systemd-veritysetup\[\d+\]: Failed to load verity superblock/, 'systemd-veritysetup'],
  // The reference images: vm-images/*/mkosi.extra/etc/systemd/system/emergency.service
  [/(?:^|\s)cvm-stage: emergency$/, 'systemd'],
  // systemd: src/firstboot/firstboot.c; nobody will press one
  [/^-- Press any key to proceed --/, 'systemd-firstboot'],
  // systemd: units/emergency.service.in, src/core/crash-handler.c
  [/You are in (?:emergency|rescue) mode/, 'systemd'],
  [/Entering (?:emergency|rescue) mode/, 'systemd'],
  [/Cannot open access to console, the root account is locked/, 'systemd'],
  [/systemd\[1\]: Freezing execution/, 'systemd'],
];

/** The refusal that a console line tells of, or `undefined`. */
export function refusalOf(line: string): Refusal | undefined {
  const [, by] = REFUSALS.find(([pattern]) => pattern.test(line)) ?? [];
  return by === undefined ? undefined : { by, line };
}
