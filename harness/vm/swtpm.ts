import { readFile } from 'node:fs/promises';
import { Child } from '../host/child.ts';
import { cameInTime, poll, waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import { manufactureTpm } from './manufacture-tpm.ts';
import { swtpmAnswers } from './swtpm-answer.ts';
import type { SwtpmContext } from './swtpm-context.ts';
import { copyTpm, type TpmFiles, tpmFiles } from './tpm-files.ts';

const START_MS = 10_000;

/** swtpm tells nobody that it listens. */
const START_POLL_MS = 5;

/** With `--terminate` it ends as QEMU closes the connection. */
const TERMINATE_MS = 3_000;

/** Log level that shows every TPM command and response. */
const COMMAND_LOG_LEVEL = 20;

/** How many lines of its log an error repeats. */
const LOG_LINES = 10;

/**
 * A vTPM of one VM: manufactured with an EK, certificates and the machine's banks, then served by
 * swtpm on a UNIX control socket in the run directory.
 */
export class Swtpm implements AsyncDisposable {
  /** Path of the control socket. */
  readonly socket: string;
  /** Directory with the EK certificates (DER) and `issuercert.pem`, as long as the VM lives. */
  readonly certificates: string;
  /** Path of swtpm's log: every TPM command and response in the order they were made. */
  readonly logFile: string;
  readonly child: Child;

  private constructor(child: Child, files: TpmFiles) {
    this.child = child;
    this.socket = files.socket;
    this.certificates = files.certificates;
    this.logFile = files.log;
  }

  /**
   * Manufactures a vTPM and serves it; it accepts connections when the promise resolves.
   *
   * @throws InfraError where a tool fails; StageTimeout where one takes too long
   */
  static async start(machine: Machine, context: SwtpmContext): Promise<Swtpm> {
    const files = await tpmFiles(context.directory);
    await manufactureTpm(machine, files, context);
    return await Swtpm.#serve(files, context);
  }

  /**
   * Serves a vTPM without EK, certificates and chosen banks: for machines that only must have one.
   *
   * @throws InfraError where swtpm fails; StageTimeout where it takes too long
   */
  static async startBlank(context: SwtpmContext): Promise<Swtpm> {
    return await Swtpm.#serve(await tpmFiles(context.directory), context);
  }

  /**
   * Serves a copy of a vTPM that was made before.
   *
   * @param kept its state and certificates, which stay as they are
   * @throws InfraError where swtpm fails; StageTimeout where it takes too long
   */
  static async startKept(
    kept: Pick<TpmFiles, 'state' | 'certificates'>,
    context: SwtpmContext,
  ): Promise<Swtpm> {
    const files = await tpmFiles(context.directory);
    await copyTpm(kept, files);
    return await Swtpm.#serve(files, context);
  }

  static async #serve(files: TpmFiles, context: SwtpmContext): Promise<Swtpm> {
    const child = await Child.start(serveCommand(files, context.tools), context.reaper);
    const swtpm = new Swtpm(child, files);
    try {
      await swtpm.#accepts(context.signal);
      return swtpm;
    } catch (error) {
      await child.end();
      throw error;
    }
  }

  /** Waits until swtpm has ended with its QEMU, and ends it where it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    await cameInTime({ name: 'end of swtpm', deadlineMs: TERMINATE_MS }, () => this.child.exit);
    await this.child.end();
  }

  async #accepts(signal: AbortSignal | undefined): Promise<void> {
    const wait = { name: 'control socket of swtpm', deadlineMs: START_MS, signal };
    await waitFor(wait, (over) =>
      Promise.race([
        poll(() => swtpmAnswers(this.socket, over), START_POLL_MS, over),
        this.child.exit.then(async (exit) => {
          throw await this.#explained(this.child.failure(exit));
        }),
      ]),
    );
  }

  /** Some of what goes wrong, like a socket's path that is too long, stands in the log alone. */
  async #explained(failure: Error): Promise<Error> {
    if (!(failure instanceof InfraError)) return failure;
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    const lastLines = [...failure.lastLines, ...log.trimEnd().split('\n').slice(-LOG_LINES)];
    return new InfraError({ ...failure, lastLines });
  }
}

function serveCommand(files: TpmFiles, tools: Tools) {
  const args = [
    ...['socket', '--tpm2', '--tpmstate', `dir=${files.state}`],
    ...['--ctrl', `type=unixio,path=${files.socket},mode=0600`],
    ...['--log', `file=${files.log},level=${COMMAND_LOG_LEVEL}`, '--terminate'],
  ];
  return toolCommand(tools, 'swtpm', args, { directory: files.home });
}
