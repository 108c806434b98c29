import { printable } from '../../harness/bytes/format-error.ts';
import type { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import { InfraError } from '../../harness/host/errors.ts';

/** An NV index of the owner's (TPM 2.0 Library, Part 2, 7.4). */
const NV_INDEX = '0x1500016';

/** What a guest finds out about its TPM: digests of public areas in lower-case hex, unless said otherwise. */
export type TpmIdentity = {
  readonly ek: string;
  readonly srk: string;
  readonly ak: string;
  /** The whole text of tpm2_pcrread. */
  readonly pcrs: string;
};

/** What one boot leaves to another: an object under its SRK, as base64. */
export type SealedObject = { readonly public: string; readonly private: string };

/** How a command ended. */
export type Attempt = { readonly exitCode: number | null; readonly output: string };

/**
 * Keys from the default templates: the EK is derived from the endorsement hierarchy's seed, the SRK from the
 * storage hierarchy's, the AK is made of random numbers.
 */
const IDENTIFY = `cd /run
tpm2_createek -Q -G rsa -c ek.ctx -u ek.pub &&
tpm2_createprimary -Q -C o -G ecc256 -c srk.ctx && tpm2_readpublic -Q -c srk.ctx -o srk.pub &&
tpm2_createak -Q -C ek.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pub &&
sha256sum ek.pub srk.pub ak.pub`;

const PCRS = 'tpm2_pcrread sha256:0,1,2,3,4,5,6,7,8,9,11,12,13,14,15';

/**
 * Asks a guest who its TPM is; keys and their contexts stay in its `/run`.
 *
 * @throws InfraError where it cannot tell
 */
export async function identify(ssh: GuestSsh, signal: AbortSignal): Promise<TpmIdentity> {
  const digests = await succeed(ssh, IDENTIFY, signal);
  const of = (file: string) =>
    new RegExp(`^([0-9a-f]{64}) +${file}\\.pub$`, 'm').exec(digests)?.[1] ?? 'none';
  const pcrs = await succeed(ssh, PCRS, signal);
  return { ek: of('ek'), srk: of('srk'), ak: of('ak'), pcrs };
}

/** Has the guest seal a secret under its SRK, and write it to an NV index. */
export async function leaveSecret(
  ssh: GuestSsh,
  secret: string,
  signal: AbortSignal,
): Promise<SealedObject> {
  await succeed(
    ssh,
    `cd /run && printf %s ${secret} > secret &&
tpm2_create -Q -C srk.ctx -i secret -u seal.pub -r seal.priv &&
tpm2_nvdefine -Q -C o -s ${secret.length} ${NV_INDEX} && tpm2_nvwrite -Q -C o -i secret ${NV_INDEX} &&
rm secret`,
    signal,
  );
  const read = async (file: string) =>
    (await succeed(ssh, `base64 -w0 /run/${file}`, signal)).trim();
  return { public: await read('seal.pub'), private: await read('seal.priv') };
}

/** Has the guest load an object under its SRK, and tell what is sealed in it. */
export async function tryUnseal(
  ssh: GuestSsh,
  object: SealedObject,
  signal: AbortSignal,
): Promise<Attempt> {
  const put = (text: string, file: string) => `printf %s ${base64(text)} | base64 -d > ${file}`;
  return await attempt(
    ssh,
    `cd /run && ${put(object.public, 'old.pub')} && ${put(object.private, 'old.priv')} &&
tpm2_load -Q -C srk.ctx -u old.pub -r old.priv -c old.ctx && tpm2_unseal -c old.ctx`,
    signal,
  );
}

/** Has the guest read the NV index. */
export function tryReadIndex(ssh: GuestSsh, signal: AbortSignal): Promise<Attempt> {
  return attempt(ssh, `tpm2_nvread -C o ${NV_INDEX}`, signal);
}

async function attempt(ssh: GuestSsh, command: string, signal: AbortSignal): Promise<Attempt> {
  const { exitCode, stdout, stderr } = await ssh.run(command, signal);
  return { exitCode, output: `${Buffer.from(stdout).toString('latin1')}${stderr}` };
}

async function succeed(ssh: GuestSsh, command: string, signal: AbortSignal): Promise<string> {
  const { exitCode, output } = await attempt(ssh, command, signal);
  if (exitCode === 0) return output;
  const lastLines = output.trim().split('\n');
  const problem = `exited with code ${exitCode}`;
  throw new InfraError({ tool: `guest command ${command}`, problem, exitCode, lastLines });
}

/** What a guest says becomes part of a command of another: nothing but base64 may. */
function base64(text: string): string {
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return text;
  throw new InfraError({ tool: 'guest', problem: `gave no base64: ${printable(text)}` });
}
