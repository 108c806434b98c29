import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { GdbStub } from './gdb-stub.ts';

/** A stub that gives one reply to each packet, and tells what it was sent. */
function open(...replies: readonly string[]) {
  const [ours, theirs] = duplexPair();
  const sent: string[] = [];
  const left = [...replies];
  theirs.on('data', (chunk: Uint8Array) => {
    const text = Buffer.from(chunk).toString('latin1');
    sent.push(text);
    const reply = text.includes('$') ? left.shift() : undefined;
    if (reply !== undefined) theirs.write(reply);
  });
  return { stub: new GdbStub(ours), theirs, sent };
}

describe("QEMU's stub for a debugger", () => {
  it('is told where to stop, with checksums, and that its replies came', async () => {
    const { stub, sent } = open('+$OK#9a', '+$OK#9a', '+$T05thread:01;#07');
    await stub.watchReads({ address: 0x810c00, size: 0x400 });
    await stub.breakBefore(0x1ec3430e);
    await expect(stub.goOn()).resolves.toEqual({ kind: 'breakpoint' });
    expect(sent.join('')).toBe('$Z3,810c00,400#d5+$Z1,1ec3430e,1#3c+$c#63+');
  });

  it('tells which memory was read', async () => {
    const { stub } = open('+$T05thread:01;rwatch:810c08;#69');
    await expect(stub.goOn()).resolves.toEqual({ kind: 'read', address: 0x810c08 });
  });

  it('may send a reply in pieces', async () => {
    const { stub, theirs } = open('+$T05');
    const stop = stub.goOn();
    setImmediate(() => theirs.write('thread:01;#0'));
    setImmediate(() => setImmediate(() => theirs.write('7')));
    await expect(stop).resolves.toEqual({ kind: 'breakpoint' });
  });

  it('fails where it refuses, stops for another reason, or sends without end', async () => {
    await expect(open('+$E22#a9').stub.breakBefore(1)).rejects.toThrow('refused Z1,1,1: E22');
    await expect(open('+$T02thread:01;#04').stub.goOn()).rejects.toThrow('another reason: T02');
    await expect(open(`+$${'a'.repeat(5000)}`).stub.goOn()).rejects.toThrow('without end');
  });

  it('fails where the connection ends, and from then on', async () => {
    const { stub, theirs } = open();
    const stop = stub.goOn();
    theirs.end();
    await expect(stop).rejects.toThrow('closed the connection');
    await expect(stub.goOn()).rejects.toThrow('closed the connection');
  });
});
