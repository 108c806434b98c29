import { dirname } from 'node:path';
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
 * Signs an EFI program with one of an image's keys.
 *
 * @param program path of the program, in the directory of `signed` or where the tools have it
 * @param signed absolute path of the file to be written
 * @throws InfraError where sbsign fails
 */
export async function sbsign(
  { program, signed }: { readonly program: string; readonly signed: string },
  keys: ImageKeys,
  signer: SecureBootKey,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const key = ['--key', privateKeyPath(keys, signer), '--cert', certificatePath(keys, signer)];
  const access = { readable: [keys.directory], directory: dirname(signed) };
  const command = toolCommand(tools, 'sbsign', [...key, '--output', signed, program], access);
  await runTool(command, { ...context, deadlineMs: SIGN_MS });
}
