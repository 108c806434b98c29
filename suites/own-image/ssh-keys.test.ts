import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { dir } from 'tmp-promise';
import { expect, test } from 'vitest';
import { requireSshKeys } from './ssh-keys.ts';

test('keys are looked at before anything is booted for them', async () => {
  const folder = await dir({ prefix: 'cvm-test-', unsafeCleanup: true });
  await mkdir(join(folder.path, 'keys'));
  const at = (name: string) => join(folder.path, 'keys', name);
  const { private: own, public: shown } = ssh2.utils.generateKeyPairSync('ed25519');
  const locked = { cipher: 'aes256-ctr', passphrase: 'p', rounds: 1 };
  const files = {
    own,
    shown,
    text: 'no key',
    locked: ssh2.utils.generateKeyPairSync('ed25519', locked).private,
    ecdsa: ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).public,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content);
  const check = (key: string, host: string) =>
    requireSshKeys({ user: 'root', privateKey: at(key), hostKey: at(host) });
  await check('own', 'shown');
  for (const key of ['shown', 'text', 'locked']) {
    await expect(check(key, 'shown')).rejects.toThrow(
      /: at 0x0: expected a private key \(OpenSSH\) without a passphrase \(ssh\.key\), found /,
    );
  }
  for (const host of ['own', 'text', 'ecdsa']) {
    await expect(check('own', host)).rejects.toThrow(
      /: at 0x0: expected a public host key .*, found/,
    );
  }
  await folder.cleanup();
});
