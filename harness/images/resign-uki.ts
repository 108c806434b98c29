import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import {
  certificatePath,
  type ImageKeys,
  privateKeyPath,
  type SecureBootKey,
} from './image-keys.ts';

const SIGN_MS = 60_000;

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
  const access = { readable: [keys.directory], directory };
  const run = (tool: string, args: readonly string[]) =>
    runTool(toolCommand(tools, tool, args, access), { ...context, deadlineMs: SIGN_MS });
  await run('sbattach', ['--remove', bare]);
  const key = ['--key', privateKeyPath(keys, signer), '--cert', certificatePath(keys, signer)];
  await run('sbsign', [...key, '--output', uki, bare]);
  return uki;
}
