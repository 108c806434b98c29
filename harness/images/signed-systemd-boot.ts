import { dirname, join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import {
  certificatePath,
  type ImageKeys,
  privateKeyPath,
  type SecureBootKey,
} from './image-keys.ts';

/** Where Debian's systemd-boot-efi keeps systemd-boot, not signed. */
const SYSTEMD_BOOT = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi';

const SIGN_MS = 60_000;

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
  const signed = ['--key', privateKeyPath(keys, signer), '--cert', certificatePath(keys, signer)];
  const access = { readable: [keys.directory], directory: dirname(path) };
  const command = toolCommand(tools, 'sbsign', [...signed, '--output', path, SYSTEMD_BOOT], access);
  await runTool(command, { ...context, deadlineMs: SIGN_MS });
}
