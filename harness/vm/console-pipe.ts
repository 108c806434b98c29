import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Reaper } from '../host/reaper.ts';
import { runTool } from '../host/run-tool.ts';
import { toolCommand } from '../host/tools.ts';

/** To make two files; on a busy machine most of it is the start of a process. */
const MAKE_MS = 10_000;

/**
 * What QEMU's serial port writes to: a FIFO, made before QEMU is started. QEMU hands the bytes of a console
 * over one by one, and gives up after a few attempts where they are not taken. A FIFO holds 64 KiB of them
 * while the harness is busy; a UNIX socket, where each takes the room of a message, some 280.
 *
 * @see QEMU, hw/char/serial.c (serial_xmit, MAX_XMIT_RETRY); pipe(7); unix(7)
 */
export class ConsolePipe {
  /** What `-chardev pipe` is given; QEMU adds `.in` and `.out`. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * @param path where the two FIFOs are made, without `.in` and `.out`
   * @throws InfraError where they cannot be made
   */
  static async make(
    path: string,
    context: { readonly reaper: Reaper; readonly signal?: AbortSignal | undefined },
  ): Promise<ConsolePipe> {
    const words = ['--mode=600', '--', `${path}.in`, `${path}.out`];
    const { reaper, signal } = context;
    const command = toolCommand({ kind: 'host' }, 'mkfifo', words);
    await runTool(command, { reaper, signal, deadlineMs: MAKE_MS });
    return new ConsolePipe(path);
  }

  /**
   * The reading end. It ends when QEMU does, and would end at once where QEMU has not opened the other end
   * yet: it has where it answers on its monitor.
   */
  open(): Socket {
    const fd = openSync(`${this.path}.out`, constants.O_RDONLY | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: true, writable: false });
    // A socket without a listener for errors would throw them at the whole process.
    socket.on('error', () => undefined);
    return socket;
  }
}
