import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** Secure Boot keys that an image is made with. */
const SECURE_BOOT_KEYS = ['pk', 'kek', 'db', 'other'] as const;

/**
 * `db` signs the UKI; `other` is a second certificate for `db`, for twins that differ in nothing but
 * who signed them.
 */
export type SecureBootKey = (typeof SECURE_BOOT_KEYS)[number];

/** Where the keys of an image lie. They are made with the image and never leave the cache. */
export type ImageKeys = {
  readonly directory: string;
  /** Private key that the harness logs in with (OpenSSH, Ed25519). */
  readonly sshKey: string;
  /** The guest's host key; `.pub` beside it is what the harness pins. */
  readonly sshHostKey: string;
};

/** Paths of the keys of an image below its directory. */
export function imageKeys(image: string): ImageKeys {
  const directory = join(image, 'keys');
  return {
    directory,
    sshKey: join(directory, 'ssh_login'),
    sshHostKey: join(directory, 'ssh_host_ed25519_key'),
  };
}

/** Path of a Secure Boot certificate (PEM), with its private key as `.key` beside it. */
export function certificatePath(keys: ImageKeys, key: SecureBootKey): string {
  return join(keys.directory, `${key}.crt`);
}

/** Path of a Secure Boot private key (PEM). */
export function privateKeyPath(keys: ImageKeys, key: SecureBootKey): string {
  return join(keys.directory, `${key}.key`);
}

const DEADLINE_MS = 60_000;

/**
 * Makes the keys of an image: a login key, the guest's host key, and self-signed RSA-2048
 * certificates for Secure Boot.
 *
 * @throws InfraError where a tool fails
 */
export async function makeImageKeys(
  keys: ImageKeys,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  await mkdir(keys.directory, { mode: 0o700 });
  const run = (tool: string, args: readonly string[]) =>
    // ssh-keygen wants to find its user, and the toolbox knows root alone.
    runTool(toolCommand(tools, tool, args, { directory: keys.directory, asRoot: true }), {
      ...context,
      deadlineMs: DEADLINE_MS,
    });
  for (const [path, comment] of [
    [keys.sshKey, 'cvm-conformance harness'],
    [keys.sshHostKey, 'cvm-conformance guest'],
  ] as const) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
  }
  for (const key of SECURE_BOOT_KEYS) {
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-sha256', '-days', '3650'],
      ...['-subj', `/CN=cvm-conformance ${key}`],
      ...['-keyout', privateKeyPath(keys, key), '-out', certificatePath(keys, key)],
    ]);
  }
}
