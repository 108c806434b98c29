import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { Qtest } from './qtest.ts';
import { FakeMachine } from './testing/fake-machine.ts';

describe('a client of qtest', () => {
  it('gives the values of all replies, in order', async () => {
    const machine = new FakeMachine();
    machine.ports = { in: (port) => port * 2, out: () => undefined };
    using qtest = machine.qtest;
    const replies = await qtest.run(['outl 1 2', 'inl 8', 'inl 0x10', 'b64read 0 3']);
    expect(replies).toEqual(['', '0x0010', '0x0020', 'AAAA']);
  });

  it('fails where a command is refused, and from then on', async () => {
    using qtest = new FakeMachine().qtest;
    const problem = "refused a command: FAIL Unknown command 'sing'";
    await expect(qtest.run(['inl 1', 'sing'])).rejects.toMatchObject({ tool: 'qtest', problem });
    await expect(qtest.run(['inl 1'])).rejects.toBeInstanceOf(InfraError);
  });

  it('fails where the connection ends before the reply', async () => {
    const [ours, theirs] = duplexPair();
    using qtest = new Qtest(ours);
    const running = qtest.run(['inl 1']);
    theirs.end();
    await expect(running).rejects.toThrow('qtest closed the connection');
  });

  it('waits no longer than its signal lets it', async () => {
    const [ours] = duplexPair();
    using qtest = new Qtest(ours);
    const running = qtest.run(['inl 1'], AbortSignal.timeout(1));
    await expect(running).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
