import { createConnection, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { InfraError, StageTimeout } from '../host/errors.ts';
import { LineSplitter } from '../host/line-splitter.ts';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { QmpClient } from './qmp.ts';
import type { QmpEvent } from './qmp-message.ts';
import { SocketListener } from './socket-listener.ts';

const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\r\n';

type Command = { readonly execute: string; readonly id: string };

/** What a server does with each command, `qmp_capabilities` included. */
type Behaviour = (command: Command, reply: (value: object) => void, server: Socket) => void;

const obedient: Behaviour = ({ id, execute }, reply) => reply({ return: { execute }, id });

/** Both ends of a real UNIX socket, the far one in the hands of a test. */
class FakeQemu implements AsyncDisposable {
  readonly client: Socket;
  readonly server: Socket;
  readonly #undo: AsyncDisposableStack;

  private constructor(client: Socket, server: Socket, undo: AsyncDisposableStack) {
    this.client = client;
    this.server = server;
    this.#undo = undo;
  }

  static async start(behaviour: Behaviour = obedient): Promise<FakeQemu> {
    const undo = new AsyncDisposableStack();
    const reaper = undo.use(Reaper.start());
    const directory = undo.use(await RunDirectory.create(reaper));
    const listener = undo.use(await SocketListener.listen(directory.socket('qmp')));
    const server = createConnection(directory.socket('qmp'));
    undo.defer(() => void server.destroy());
    server.on('error', () => undefined);
    const lines = new LineSplitter(1 << 20);
    server.on('data', (chunk: Uint8Array) => {
      for (const { text } of lines.push(chunk)) {
        const send = (value: object) => void server.write(`${JSON.stringify(value)}\r\n`);
        behaviour(JSON.parse(text) as Command, send, server);
      }
    });
    return new FakeQemu(await listener.connection, server, undo);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync();
  }
}

async function negotiated(behaviour?: Behaviour): Promise<[FakeQemu, QmpClient]> {
  const qemu = await FakeQemu.start((command, reply, server) => {
    const serve = command.execute === 'qmp_capabilities' ? obedient : (behaviour ?? obedient);
    serve(command, reply, server);
  });
  qemu.server.write(GREETING);
  return [qemu, await QmpClient.negotiate(qemu.client)];
}

describe('negotiation', () => {
  it('fails where the server closes before it greets', async () => {
    await using qemu = await FakeQemu.start();
    qemu.server.end();
    await expect(QmpClient.negotiate(qemu.client)).rejects.toThrow('QMP closed the connection');
  });

  it('fails where the server is silent', async () => {
    await using qemu = await FakeQemu.start();
    const error = await QmpClient.negotiate(qemu.client, undefined, { deadlineMs: 30 }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StageTimeout);
    expect(error).toMatchObject({ stage: 'greeting of QMP' });
  });

  it('fails where the server greets and then is silent', async () => {
    await using qemu = await FakeQemu.start(() => undefined);
    qemu.server.write(GREETING);
    const client = QmpClient.negotiate(qemu.client, undefined, { deadlineMs: 50 });
    await expect(client).rejects.toMatchObject({ stage: 'reply to QMP qmp_capabilities' });
  });

  it.each([
    ['is no JSON', 'HTTP/1.1 400 Bad Request\r\n'],
    ['is JSON of another kind', '{"hello": 1}\r\n'],
    ['has no end', 'x'.repeat(20 << 20)],
  ])('fails where what the server says %s', async (_, text) => {
    await using qemu = await FakeQemu.start();
    qemu.server.write(text);
    await expect(QmpClient.negotiate(qemu.client)).rejects.toThrow('no QMP message');
  });

  it('ends with the signal of its caller', async () => {
    await using qemu = await FakeQemu.start();
    const controller = new AbortController();
    const { signal } = controller;
    const client = QmpClient.negotiate(qemu.client, undefined, { signal });
    controller.abort(new Error('interrupted'));
    await expect(client).rejects.toThrow('interrupted');
  });
});

describe('commands', () => {
  it('get the replies that bear their id, in whatever order', async () => {
    const held: (() => void)[] = [];
    const [qemu, qmp] = await negotiated(({ id, execute }, reply) => {
      held.unshift(() => reply({ return: execute, id }));
      if (held.length === 2) for (const release of held) release();
    });
    await using _ = qemu;
    const both = [qmp.execute('first'), qmp.execute('second')];
    await expect(Promise.all(both)).resolves.toEqual(['first', 'second']);
  });

  it('that QEMU refuses fail with its words, and no other fails with them', async () => {
    const [qemu, qmp] = await negotiated(({ id, execute }, reply) => {
      const error = { class: 'CommandNotFound', desc: 'no such command' };
      reply(execute === 'bad' ? { error, id } : { return: 1, id });
    });
    await using _ = qemu;
    await expect(qmp.execute('bad')).rejects.toThrow('CommandNotFound: no such command');
    await expect(qmp.execute('good')).resolves.toBe(1);
  });

  it('fail where no reply comes, and a late one does no harm', async () => {
    const late: (() => void)[] = [];
    const [qemu, qmp] = await negotiated(({ id, execute }, reply) => {
      if (execute === 'slow') late.push(() => reply({ return: 0, id }));
      else reply({ return: 1, id });
    });
    await using _ = qemu;
    await expect(qmp.execute('slow', {}, { deadlineMs: 30 })).rejects.toBeInstanceOf(StageTimeout);
    late[0]?.();
    await expect(qmp.execute('fast')).resolves.toBe(1);
  });

  it('that wait all fail when the connection ends, and so do later ones', async () => {
    const [qemu, qmp] = await negotiated((_command, _reply, server) => void server.destroy());
    await using _ = qemu;
    const waiting = [qmp.execute('one'), qmp.execute('two')];
    for (const command of waiting) await expect(command).rejects.toBeInstanceOf(InfraError);
    await expect(qmp.execute('three')).rejects.toThrow('closed the connection');
    await expect(qmp.closed).resolves.toBeInstanceOf(InfraError);
  });

  it('fail when the server stops speaking the protocol', async () => {
    const [qemu, qmp] = await negotiated((_command, _reply, server) => void server.write('?\n'));
    await using _ = qemu;
    await expect(qmp.execute('one')).rejects.toThrow('no QMP message: ?');
  });
});

describe('events', () => {
  it('are heard in order, until the listener is disposed of', async () => {
    const [qemu, qmp] = await negotiated();
    await using _ = qemu;
    const heard: QmpEvent[] = [];
    const listening = qmp.onEvent((event) => heard.push(event));
    qemu.server.write('{"event": "RESUME"}\r\n{"event": "SHUTDOWN", "data": {"guest": true}}\r\n');
    await qmp.execute('query-status');
    listening[Symbol.dispose]();
    qemu.server.write('{"event": "STOP"}\r\n');
    await qmp.execute('query-status');
    expect(heard).toMatchObject([
      { name: 'RESUME', data: {} },
      { name: 'SHUTDOWN', data: { guest: true } },
    ]);
  });

  it('stand in the log with everything else', async () => {
    await using qemu = await FakeQemu.start();
    qemu.server.write(GREETING);
    const log: string[] = [];
    await QmpClient.negotiate(qemu.client, (line) => log.push(line));
    expect(log.map((line) => line.slice(0, 2))).toEqual(['<-', '->', '<-']);
    expect(log[1]).toContain('"execute":"qmp_capabilities"');
  });
});
