import { createConnection } from 'node:net';

/** CMD_GET_CAPABILITY of swtpm's control channel (swtpm_ioctls(3)): no argument, big-endian. */
const GET_CAPABILITY = Uint8Array.of(0, 0, 0, 1);

/**
 * Whether swtpm answers a command on its control socket; it tells nobody that it listens.
 *
 * @param path of the control socket
 * @returns `undefined` where it does not answer yet
 */
export function swtpmAnswers(path: string, signal: AbortSignal): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ path, signal });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    socket.write(GET_CAPABILITY);
  });
}
