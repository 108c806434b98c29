import type { Socket } from 'node:net';
import { waitFor } from '../host/deadline.ts';
import type { RunDirectory } from '../host/run-directory.ts';
import type { Scope } from '../host/scope.ts';
import { SocketListener } from './socket-listener.ts';

/** QEMU has connected by the time that it speaks QMP. */
const CONNECT_MS = 5_000;

/** A socket that QEMU connects to, besides those of its monitor and its console. */
export type QemuSocket = {
  readonly path: string;
  /**
   * @param signal ends the wait
   * @throws StageTimeout where QEMU, which runs by now, has not connected
   */
  readonly connected: (signal?: AbortSignal) => Promise<Socket>;
};

/**
 * Listens for a QEMU that is to be started.
 *
 * @param name what the socket is for; also its file in the directory
 * @param scope ends the listening
 */
export async function listenForQemu(
  name: 'qtest' | 'debugger',
  directory: RunDirectory,
  scope: Scope,
): Promise<QemuSocket> {
  const path = directory.socket(name);
  const listener = scope.use(`${name} socket`, await SocketListener.listen(path));
  const wait = { name: `${name} connection of QEMU`, deadlineMs: CONNECT_MS };
  return { path, connected: (signal) => waitFor({ ...wait, signal }, () => listener.connection) };
}
