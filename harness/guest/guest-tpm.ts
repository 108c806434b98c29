import { InfraError } from '../host/errors.ts';
import type { GuestCommandResult } from './command-output.ts';

/** A guest with tpm2-tools. */
export type TpmGuest = {
  run(command: string, signal?: AbortSignal): Promise<GuestCommandResult>;
  put(path: string, content: Uint8Array, signal?: AbortSignal): Promise<void>;
};

/** A key that the guest's TPM made. */
export type GuestKey = {
  /** Its context in {@link DIRECTORY}. */
  readonly name: string;
  /** TPMT_PUBLIC, as the guest hands it over. */
  readonly publicArea: Uint8Array;
};

/** A quote, as the guest hands it over: TPMS_ATTEST and TPMT_SIGNATURE. */
export type GuestQuote = { readonly attest: Uint8Array; readonly signature: Uint8Array };

/** Lives in memory; the VM is thrown away. */
const DIRECTORY = '/run/cvm-attestation';

/** NV index of the RSA EK certificate, and the handle of its key (TCG EK Credential Profile 2.6, 2.2.1.4). */
const EK_CERTIFICATE_INDEX = '0x01c00002';
const EK_HANDLE = '0x81010001';

/** Where Linux keeps the firmware's event log. */
const EVENT_LOG = '/sys/kernel/security/tpm0/binary_bios_measurements';

/** Where systemd keeps its own. */
const USERSPACE_LOG = '/run/log/systemd/tpm2-measure.log';

/** Attributes of a key that signs whatever it is given. */
const FREE_ATTRIBUTES = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign';

/**
 * What a guest does for an attestation, with tpm2-tools over SSH. Nothing that it hands over is trusted.
 *
 * Methods throw InfraError where a command fails that should not; names of keys are fixed text of the
 * harness.
 */
export class GuestTpm {
  readonly #guest: TpmGuest;
  readonly #signal: AbortSignal;

  private constructor(guest: TpmGuest, signal: AbortSignal) {
    this.#guest = guest;
    this.#signal = signal;
  }

  /** @param signal ends what is being done */
  static async open(guest: TpmGuest, signal: AbortSignal): Promise<GuestTpm> {
    const tpm = new GuestTpm(guest, signal);
    await guest.run(`mkdir -p -m 700 ${DIRECTORY}`, signal);
    return tpm;
  }

  /** The EK certificate of the TPM's NV index, DER. */
  ekCertificate(): Promise<Uint8Array> {
    return this.#must(`tpm2 nvread -C o ${EK_CERTIFICATE_INDEX}`);
  }

  /** The EK that the certificate is of. */
  ek(): Promise<GuestKey> {
    return this.#key('ek', `tpm2 readpublic -c ${EK_HANDLE} -f tpmt -o ek.pub`);
  }

  /** Makes a restricted signing key below the EK. */
  createAk(name: string): Promise<GuestKey> {
    const algorithms = '-G rsa -g sha256 -s rsassa';
    const command = `tpm2 createak -C ${EK_HANDLE} ${algorithms} -c ${name}.ctx -f tpmt -u ${name}.pub`;
    return this.#key(name, command);
  }

  /** Makes a signing key that is not restricted. */
  createFreeKey(name: string): Promise<GuestKey> {
    const create = `tpm2 createprimary -C o -G rsa2048:rsassa-sha256:null -a '${FREE_ATTRIBUTES}' -c ${name}.ctx`;
    return this.#key(name, `${create} && tpm2 readpublic -c ${name}.ctx -f tpmt -o ${name}.pub`);
  }

  /**
   * Has the TPM open a credential; it may refuse.
   *
   * @param file as `tpm2_activatecredential` takes it
   * @returns with the value on standard output, or what the TPM says
   */
  async activate({ name }: GuestKey, file: Uint8Array): Promise<GuestCommandResult> {
    await this.#guest.put(`${DIRECTORY}/credential`, file, this.#signal);
    const session = 'tpm2 startauthsession --policy-session -S session.ctx';
    const policy = 'tpm2 policysecret -S session.ctx -c e';
    const activate = `tpm2 activatecredential -c ${name}.ctx -C ${EK_HANDLE} -i credential -o value -P session:session.ctx`;
    const command = `${session} && ${policy} && ${activate} || code=$?`;
    return await this.#run(
      `{ ${command}; tpm2 flushcontext session.ctx; } >&2 && [ -z "$code" ] && cat value`,
    );
  }

  /**
   * @param pcrs of the SHA-256 bank
   * @param nonce what the TPM is told to pass on
   */
  async quote({ name }: GuestKey, pcrs: readonly number[], nonce: Uint8Array): Promise<GuestQuote> {
    const what = `-l sha256:${pcrs.join()} -q ${Buffer.from(nonce).toString('hex')}`;
    await this.#must(`tpm2 quote -c ${name}.ctx ${what} -g sha256 -m quote.msg -s quote.sig`);
    return {
      attest: await this.#must('cat quote.msg'),
      signature: await this.#must('cat quote.sig'),
    };
  }

  /** Has the TPM sign any bytes; it may refuse. */
  async sign({ name }: GuestKey, message: Uint8Array): Promise<GuestCommandResult> {
    await this.#guest.put(`${DIRECTORY}/message`, message, this.#signal);
    return await this.#run(
      `tpm2 sign -c ${name}.ctx -g sha256 -s rsassa -o message.sig message >&2 && cat message.sig`,
    );
  }

  /** @param digest SHA-256 */
  async extend(pcr: number, digest: Uint8Array): Promise<void> {
    await this.#must(`tpm2 pcrextend ${pcr}:sha256=${Buffer.from(digest).toString('hex')}`);
  }

  /** The firmware's event log. */
  eventLog(): Promise<Uint8Array> {
    return this.#must(`cat ${EVENT_LOG}`);
  }

  /** systemd's log of what it extended behind the firmware. */
  userspaceLog(): Promise<Uint8Array> {
    return this.#must(`cat ${USERSPACE_LOG}`);
  }

  async #key(name: string, command: string): Promise<GuestKey> {
    await this.#must(command);
    return { name, publicArea: await this.#must(`cat ${name}.pub`) };
  }

  #run(command: string): Promise<GuestCommandResult> {
    return this.#guest.run(`cd ${DIRECTORY} && ${command}`, this.#signal);
  }

  async #must(command: string): Promise<Uint8Array> {
    const { exitCode, stdout, stderr } = await this.#run(command);
    if (exitCode === 0) return stdout;
    throw new InfraError({
      tool: `guest command ${command.split(' ')[0]}`,
      problem: `exited with code ${exitCode}`,
      ...(exitCode !== null && { exitCode }),
      lastLines: stderr.trim().split('\n'),
    });
  }
}
