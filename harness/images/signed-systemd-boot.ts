import { dirname } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import { certificatePath, type ImageKeys, privateKeyPath } from './image-keys.ts';

/** Where Debian's systemd-boot-efi keeps systemd-boot, not signed. */
const SYSTEMD_BOOT = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi';

const SIGN_MS = 60_000;

/**
 * Signs systemd-boot with the key that signed an image's UKI.
 *
 * @param path absolute path of the file to be written
 * @throws InfraError where sbsign fails
 */
export async function signSystemdBoot(
  keys: ImageKeys,
  path: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const signed = ['--key', privateKeyPath(keys, 'db'), '--cert', certificatePath(keys, 'db')];
  const access = { readable: [keys.directory], directory: dirname(path) };
  const command = toolCommand(tools, 'sbsign', [...signed, '--output', path, SYSTEMD_BOOT], access);
  await runTool(command, { ...context, deadlineMs: SIGN_MS });
}
