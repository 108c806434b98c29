import { dirname } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

const DEADLINE_MS = 60_000;

/** Paths of a key pair whose owner signs PCR values. */
export type PcrKey = {
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
};

/**
 * Makes an RSA-2048 key pair for signatures of PCR values (systemd-measure(1)).
 *
 * @param key paths of the files to be made, in one directory
 * @throws InfraError where openssl fails
 */
export async function makePcrKey(
  { privateKey, publicKey }: PcrKey,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const run = (args: readonly string[]) =>
    runTool(toolCommand(tools, 'openssl', args, { directory: dirname(privateKey) }), {
      ...context,
      deadlineMs: DEADLINE_MS,
    });
  const bits = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  await run(['genpkey', ...bits, '-out', privateKey]);
  await run(['pkey', '-in', privateKey, '-pubout', '-out', publicKey]);
}
