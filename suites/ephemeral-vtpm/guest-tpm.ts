import { createHash } from 'node:crypto';
import { toHex } from '../../harness/bytes/hex.ts';
import type { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import { InfraError } from '../../harness/host/errors.ts';

/** An NV index of the owner's (TPM 2.0 Library, Part 2, 7.4). */
const NV_INDEX = '0x1500016';

/** What a guest finds out about its TPM: digests of public areas in lower-case hex, unless said otherwise. */
export type TpmIdentity = {
  readonly ek: string;
  readonly srk: string;
  readonly ak: string;
  /** The whole text of tpm2 pcrread. */
  readonly pcrs: string;
};

/** What one boot leaves to another: an object under its SRK. */
export type SealedObject = { readonly public: Uint8Array; readonly private: Uint8Array };

/** How a command ended. */
export type Attempt = { readonly exitCode: number | null; readonly output: string };

/**
 * Keys from the default templates: the EK is derived from the endorsement hierarchy's seed, the SRK from the
 * storage hierarchy's, the AK is made of random numbers.
 */
const IDENTIFY = `cd /run
tpm2 createek -Q -G rsa -c ek.ctx -u ek.pub &&
tpm2 createprimary -Q -C o -G ecc256 -c srk.ctx && tpm2 readpublic -Q -c srk.ctx -o srk.pub &&
tpm2 createak -Q -C ek.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pub`;

const PCRS = 'tpm2 pcrread sha256:0,1,2,3,4,5,6,7,8,9,11,12,13,14,15';

/**
 * Asks a guest who its TPM is; keys and their contexts stay in its `/run`.
 *
 * @throws InfraError where it cannot tell
 */
export async function identify(ssh: GuestSsh, signal: AbortSignal): Promise<TpmIdentity> {
  await succeed(ssh, IDENTIFY, signal);
  const of = async (name: string) => {
    const area = await succeed(ssh, `cat /run/${name}.pub`, signal);
    return area.length === 0 ? 'none' : createHash('sha256').update(area).digest('hex');
  };
  const pcrs = (await succeed(ssh, PCRS, signal)).toString('latin1');
  return { ek: await of('ek'), srk: await of('srk'), ak: await of('ak'), pcrs };
}

/** Has the guest seal a secret under its SRK, and write it to an NV index. */
export async function leaveSecret(
  ssh: GuestSsh,
  secret: string,
  signal: AbortSignal,
): Promise<SealedObject> {
  await succeed(
    ssh,
    `cd /run && printf %s ${secret} | tpm2 create -Q -C srk.ctx -i - -u seal.pub -r seal.priv &&
tpm2 nvdefine -Q -C o -s ${secret.length} ${NV_INDEX} &&
printf %s ${secret} | tpm2 nvwrite -Q -C o -i - ${NV_INDEX}`,
    signal,
  );
  const read = (file: string) => succeed(ssh, `cat /run/${file}`, signal);
  return { public: await read('seal.pub'), private: await read('seal.priv') };
}

/** Has the guest load an object under its SRK, and tell what is sealed in it. */
export async function tryUnseal(
  ssh: GuestSsh,
  object: SealedObject,
  signal: AbortSignal,
): Promise<Attempt> {
  // What a guest says becomes part of a command of another: nothing but its hexadecimal digits.
  const put = (bytes: Uint8Array, file: string) =>
    `printf '${toHex(bytes).replaceAll(/../g, '\\x$&')}' > ${file}`;
  return await attempt(
    ssh,
    `cd /run && ${put(object.public, 'old.pub')} && ${put(object.private, 'old.priv')} &&
tpm2 load -Q -C srk.ctx -u old.pub -r old.priv -c old.ctx && tpm2 unseal -c old.ctx`,
    signal,
  );
}

/** Has the guest read the NV index. */
export function tryReadIndex(ssh: GuestSsh, signal: AbortSignal): Promise<Attempt> {
  return attempt(ssh, `tpm2 nvread -C o ${NV_INDEX}`, signal);
}

async function attempt(ssh: GuestSsh, command: string, signal: AbortSignal): Promise<Attempt> {
  const { exitCode, stdout, stderr } = await ssh.run(command, signal);
  return { exitCode, output: `${Buffer.from(stdout).toString('latin1')}${stderr}` };
}

async function succeed(ssh: GuestSsh, command: string, signal: AbortSignal): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await ssh.run(command, signal);
  if (exitCode === 0) return Buffer.from(stdout);
  const lastLines = stderr.trim().split('\n');
  const problem = `exited with code ${exitCode}`;
  throw new InfraError({ tool: `guest command ${command}`, problem, exitCode, lastLines });
}
