import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectoryAside } from '../host/directory-aside.ts';
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
 * An RSA-2048 key pair for signatures of PCR values (systemd-measure(1)), made once and kept: a UKI carries
 * the public one, and is to have the same digests in every run.
 *
 * @param cache absolute path of what is kept between runs
 * @throws InfraError where openssl fails
 */
export async function keptPcrKey(
  cache: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<PcrKey> {
  const directory = join(cache, 'pcr-key');
  if (!existsSync(directory)) {
    await makeDirectoryAside(directory, context.reaper, (aside) => make(aside, tools, context));
  }
  return keyIn(directory);
}

function keyIn(directory: string): PcrKey {
  return { privateKey: join(directory, 'pcr.key'), publicKey: join(directory, 'pcr.pem') };
}

async function make(
  directory: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const { privateKey, publicKey } = keyIn(directory);
  const run = (args: readonly string[]) =>
    runTool(toolCommand(tools, 'openssl', args, { directory }), {
      ...context,
      deadlineMs: DEADLINE_MS,
    });
  const bits = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  await run(['genpkey', ...bits, '-out', privateKey]);
  await run(['pkey', '-in', privateKey, '-pubout', '-out', publicKey]);
}
