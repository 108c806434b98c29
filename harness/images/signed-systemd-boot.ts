import { join } from 'node:path';
import type { ToolRun } from '../host/run-tool.ts';
import type { Tools } from '../host/tools.ts';
import type { ImageKeys, SecureBootKey } from './image-keys.ts';
import { sbsign } from './sbsign.ts';

/** Where Debian's systemd-boot-efi keeps systemd-boot, not signed. */
const SYSTEMD_BOOT = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi';

/** Path of systemd-boot as it comes, not signed. */
export function unsignedSystemdBoot(tools: Tools): string {
  return tools.kind === 'toolbox' ? join(tools.root, SYSTEMD_BOOT) : SYSTEMD_BOOT;
}

/**
 * Signs systemd-boot with one of an image's keys.
 *
 * @param path absolute path of the file to be written
 * @param signer the key that signed the image's UKI, where no other is named
 * @throws InfraError where sbsign fails
 */
export async function signSystemdBoot(
  keys: ImageKeys,
  path: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
  signer: SecureBootKey = 'db',
): Promise<void> {
  await sbsign({ program: SYSTEMD_BOOT, signed: path }, keys, signer, tools, context);
}
