import type { Socket } from 'node:net';
import { z } from 'zod';
import { Child, type ChildExit } from '../host/child.ts';
import { cameInTime, waitFor } from '../host/deadline.ts';
import type { Reaper } from '../host/reaper.ts';
import type { RunDirectory } from '../host/run-directory.ts';
import { Scope } from '../host/scope.ts';
import type { Tools } from '../host/tools.ts';
import { SerialConsole } from './console.ts';
import { type HaltReason, haltOfEvent, haltOfStatus } from './halt.ts';
import { type ControlSockets, QEMU } from './qemu-arguments.ts';
import { qemuCommand } from './qemu-command.ts';
import { QmpClient, type QmpLog } from './qmp.ts';
import { SocketListener } from './socket-listener.ts';

/** From the start of the process to its QMP connection; most of it is the loading of libraries. */
const CONNECT_MS = 20_000;

/** How long QEMU may take to obey `quit`. */
const QUIT_MS = 3_000;

/** How long what a process had sent may take to arrive after its end. */
const DRAIN_MS = 1_000;

/** Slot of the clean-up: longer than the deadlines of its own steps together. */
const SLOT_MS = 20_000;

const Status = z.object({ status: z.string() });

/** What a QEMU process needs of the run that it belongs to. */
export type QemuContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly directory: RunDirectory;
  /** Absolute paths of the files that QEMU reads, besides those in the run directory. */
  readonly readable: readonly string[];
  /** Makes QEMU's arguments, given the sockets that it is to connect to. */
  readonly argumentsFor: (sockets: ControlSockets) => readonly string[];
  readonly qmpLog?: QmpLog;
  readonly signal?: AbortSignal | undefined;
};

/** A QEMU process with its monitor and its console connected, paused before its first instruction. */
export class QemuProcess implements AsyncDisposable {
  readonly child: Child;
  readonly qmp: QmpClient;
  readonly console: SerialConsole;
  /** QEMU's own command line. */
  readonly argv: readonly string[];
  /** Resolves when the VM runs no more, with the reason. */
  readonly halted: Promise<HaltReason>;
  #isEnding = false;

  private constructor(child: Child, qmp: QmpClient, serial: Socket, argv: readonly string[]) {
    this.child = child;
    this.qmp = qmp;
    this.console = new SerialConsole(serial);
    this.argv = argv;
    this.halted = this.#watch();
  }

  /**
   * Starts QEMU. The harness listens before it does, so that nothing can be missed.
   *
   * @throws InfraError where QEMU ends, or does not speak QMP; with its exit code and last lines
   */
  static async start(context: QemuContext): Promise<QemuProcess> {
    const { directory, reaper, signal } = context;
    const sockets = { qmp: directory.socket('qmp'), serial: directory.socket('serial') };
    await using scope = new Scope(QEMU);
    const monitor = scope.use('QMP socket', await SocketListener.listen(sockets.qmp));
    const serial = scope.use('serial socket', await SocketListener.listen(sockets.serial));
    const args = context.argumentsFor(sockets);
    const access = { readable: context.readable, directory: directory.path };
    await using starting = new Scope(QEMU);
    const command = qemuCommand(context.tools, args, access);
    const child = starting.use('process', await Child.start(command, reaper));
    const wait = {
      name: 'connection of QEMU',
      deadlineMs: CONNECT_MS,
      signal,
      lastLines: () => child.lastLines,
    };
    const [qmp, console] = await waitFor(wait, (over) =>
      orExit(child, connect(monitor, serial, context.qmpLog, over)),
    );
    starting.move();
    return new QemuProcess(child, qmp, console, [QEMU, ...args]);
  }

  /** Starts QEMU like {@link QemuProcess.start}; the scope ends it. */
  static async startIn(scope: Scope, context: QemuContext): Promise<QemuProcess> {
    return scope.use('QEMU', await QemuProcess.start(context), SLOT_MS);
  }

  /** Lets the VM run. */
  async resume(): Promise<void> {
    await this.qmp.execute('cont');
  }

  /** Waits, after a halt, until every line that the console had written is heard. */
  async consoleHeard(): Promise<void> {
    const wait = { name: 'end of the console', deadlineMs: DRAIN_MS };
    await cameInTime(wait, () => this.console.ended);
  }

  /**
   * Ends QEMU, politely first, and makes sure that nothing of its process group is left. Every line
   * of the console has been heard by then.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    const quit = this.qmp.execute('quit', {}, { deadlineMs: QUIT_MS });
    // QEMU may end before its reply is sent.
    await Promise.race([quit.catch(() => undefined), this.child.exit]);
    await cameInTime({ name: 'end of QEMU', deadlineMs: QUIT_MS }, () => this.child.exit);
    await this.child.end();
    await this.consoleHeard();
    await this.qmp[Symbol.asyncDispose]();
  }

  #watch(): Promise<HaltReason> {
    const { promise, resolve } = Promise.withResolvers<HaltReason>();
    this.qmp.onEvent((event) => {
      const reason = haltOfEvent(event);
      if (reason !== undefined) resolve(reason);
      if (event.name === 'STOP') void this.#whyStopped().then((why) => why && resolve(why));
    });
    void this.child.exit.then(async (exit) => {
      // The last events tell more than the exit code, and may still be under way.
      const wait = { name: 'last QMP events', deadlineMs: DRAIN_MS };
      await cameInTime(wait, () => this.qmp.closed);
      resolve(this.#isEnding ? { kind: 'killed' } : { kind: 'qemu-exit', ...exit });
    });
    return promise;
  }

  async #whyStopped(): Promise<HaltReason | undefined> {
    try {
      return haltOfStatus(Status.parse(await this.qmp.execute('query-status')).status);
    } catch {
      // The connection ended: the process's exit will tell.
      return undefined;
    }
  }
}

async function connect(
  monitor: SocketListener,
  serial: SocketListener,
  log: QmpLog | undefined,
  signal: AbortSignal,
): Promise<[QmpClient, Socket]> {
  const console = await serial.connection;
  return [await QmpClient.negotiate(await monitor.connection, log, { signal }), console];
}

/** A process that ends explains why better than the connection that it breaks. */
async function orExit<T>(child: Child, connecting: Promise<T>): Promise<T> {
  const died = child.exit.then((exit: ChildExit) => Promise.reject(child.failure(exit)));
  try {
    return await Promise.race([connecting, died]);
  } catch (error) {
    await cameInTime({ name: 'end of QEMU', deadlineMs: DRAIN_MS }, () => died);
    throw error;
  }
}
