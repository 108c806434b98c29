import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/**
 * A UNIX socket that listens before the program that will connect to it is started: no race, and
 * nothing that the program writes is lost. Takes one connection.
 */
export class SocketListener implements AsyncDisposable {
  /** Resolves when the program has connected; stays pending where it never does. */
  readonly connection: Promise<Socket>;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.connection = new Promise((resolve) => {
      server.once('connection', (socket: Socket) => {
        // A socket without a listener for errors would throw them at the whole process.
        socket.on('error', () => undefined);
        server.close();
        resolve(socket);
      });
    });
  }

  /** @param path where to listen: in a directory of ours alone, and of a length that was checked */
  static async listen(path: string): Promise<SocketListener> {
    const server = createServer({ pauseOnConnect: true });
    const listening = once(server, 'listening');
    server.listen(path);
    await listening;
    return new SocketListener(server);
  }

  /** Listens no more; a connection that was taken goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
