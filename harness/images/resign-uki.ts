import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { ImageKeys, SecureBootKey } from './image-keys.ts';
import { sbsign } from './sbsign.ts';

const REMOVE_MS = 60_000;

/**
 * Signs a UKI with another key, and changes nothing else of it.
 *
 * @param original path of the signed UKI
 * @param directory where the new UKI, `uki.efi`, is written; made where it is not there
 * @throws InfraError where sbattach or sbsign fails
 */
export async function resignUki(
  original: string,
  signer: SecureBootKey,
  directory: string,
  keys: ImageKeys,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const bare = join(directory, 'unsigned.efi');
  const uki = join(directory, 'uki.efi');
  await copyFile(original, bare);
  const remove = toolCommand(tools, 'sbattach', ['--remove', bare], { directory });
  await runTool(remove, { ...context, deadlineMs: REMOVE_MS });
  await sbsign({ program: bare, signed: uki }, keys, signer, tools, context);
  return uki;
}
