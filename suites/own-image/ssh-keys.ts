import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import { FormatError } from '../../harness/bytes/format-error.ts';
import type { GuestAccess } from '../../harness/guest/ssh-connection.ts';

/**
 * Refuses keys that could log in to no guest, before one is booted for them.
 *
 * @throws FormatError where the private key cannot be used without asking, or the host key is no public ed25519 key
 */
export async function requireSshKeys({ privateKey, hostKey }: GuestAccess): Promise<void> {
  await requireKey(privateKey, 'a private key (OpenSSH) without a passphrase (ssh.key)', (key) =>
    key.isPrivateKey(),
  );
  await requireKey(
    hostKey,
    'a public host key (OpenSSH, ed25519) (ssh.hostKey)',
    (key) => key.type === 'ssh-ed25519' && !key.isPrivateKey(),
  );
}

type SshKey = Exclude<ReturnType<typeof ssh2.utils.parseKey>, Error>;

async function requireKey(
  file: string,
  expected: string,
  isMeant: (key: SshKey) => boolean,
): Promise<void> {
  const parsed = ssh2.utils.parseKey(await readFile(file));
  const [key] = [parsed].flat();
  if (key !== undefined && !(key instanceof Error) && isMeant(key)) return;
  const found =
    key instanceof Error ? key.message : `a ${key?.isPrivateKey() ? 'private' : 'public'} key`;
  throw new FormatError({ file, offset: 0, expected, found });
}
