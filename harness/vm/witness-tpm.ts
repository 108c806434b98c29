import { EventEmitter, on } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Child } from '../host/child.ts';
import { cameInTime, poll, waitFor } from '../host/deadline.ts';
import type { Reaper } from '../host/reaper.ts';
import type { RunDirectory } from '../host/run-directory.ts';
import type { Scope } from '../host/scope.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { PcrExtend } from '../tpm/pcr-extend.ts';
import { ExtendReader } from './extend-reader.ts';
import { swtpmAnswers } from './swtpm-answer.ts';

const START_MS = 10_000;
const START_POLL_MS = 5;

/** With `--terminate` it ends as QEMU closes the connection. */
const TERMINATE_MS = 3_000;

/** Slot of the clean-up: longer than the deadlines of its own steps together. */
const SLOT_MS = 15_000;

/** Log level that shows every TPM command and response. */
const COMMAND_LOG_LEVEL = 20;

/** What such a TPM needs of the run that it belongs to. */
export type WitnessContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly directory: RunDirectory;
  readonly signal?: AbortSignal | undefined;
};

/**
 * A vTPM that tells what the firmware measures, at the moment that it does. It was never
 * manufactured: nobody will ask it for a certificate.
 */
export class WitnessTpm implements AsyncDisposable {
  /** Path of the control socket. */
  readonly socket: string;
  readonly child: Child;
  readonly #extends: EventEmitter;

  private constructor(child: Child, socket: string, extended: EventEmitter) {
    this.child = child;
    this.socket = socket;
    this.#extends = extended;
  }

  /**
   * Starts swtpm; it accepts connections when the promise resolves.
   *
   * @throws InfraError where it ends; StageTimeout where it takes too long
   */
  static async start({ tools, reaper, directory, signal }: WitnessContext): Promise<WitnessTpm> {
    const state = directory.file('tpm');
    await mkdir(state, { mode: 0o700 });
    const socket = directory.socket('tpm/control');
    const extended = new EventEmitter();
    const reader = new ExtendReader();
    const child = await Child.start(serveCommand(state, socket, tools), reaper, (chunk) => {
      for (const extend of reader.push(chunk)) extended.emit('extend', extend);
    });
    try {
      const wait = { name: 'control socket of swtpm', deadlineMs: START_MS, signal };
      const died = child.exit.then((exit) => Promise.reject(child.failure(exit)));
      await waitFor(wait, (over) =>
        Promise.race([poll(() => swtpmAnswers(socket, over), START_POLL_MS, over), died]),
      );
      return new WitnessTpm(child, socket, extended);
    } catch (error) {
      await child.end();
      throw error;
    }
  }

  /** Starts swtpm like {@link WitnessTpm.start}; the scope ends it. */
  static async startIn(scope: Scope, context: WitnessContext): Promise<WitnessTpm> {
    return scope.use('swtpm', await WitnessTpm.start(context), SLOT_MS);
  }

  /**
   * The extends from now on, each as soon as it is made.
   *
   * @param signal ends them; waiting for the next then throws its reason
   */
  async *extends(signal: AbortSignal): AsyncGenerator<PcrExtend, void, undefined> {
    for await (const [extend] of on(this.#extends, 'extend', { signal })) yield extend;
  }

  /** Waits until swtpm has ended with its QEMU, and ends it where it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    await cameInTime({ name: 'end of swtpm', deadlineMs: TERMINATE_MS }, () => this.child.exit);
    await this.child.end();
  }
}

function serveCommand(state: string, socket: string, tools: Tools) {
  const args = [
    ...['socket', '--tpm2', '--tpmstate', `dir=${state}`],
    ...['--ctrl', `type=unixio,path=${socket},mode=0600`],
    ...['--log', `fd=1,level=${COMMAND_LOG_LEVEL}`, '--terminate'],
  ];
  return toolCommand(tools, 'swtpm', args, { directory: state });
}
