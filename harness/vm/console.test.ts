import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SerialConsole } from './console.ts';

function open() {
  const socket = new PassThrough();
  const console = new SerialConsole(socket);
  const lines: string[] = [];
  console.onLine((line) => lines.push(line));
  return { socket, console, lines };
}

describe('the serial console', () => {
  it('gives lines as a terminal would show them, the unfinished one at the end', async () => {
    const { socket, console, lines } = open();
    socket.write('\x1b[2J\x1b[01;01HBdsDxe: loa');
    socket.write('ding Boot0001\r\n\0\0cvm-stage: root\r\nlogin: ');
    socket.end();
    await console.ended;
    expect(lines).toEqual(['BdsDxe: loading Boot0001', 'cvm-stage: root', 'login: ']);
    expect(console.lastLines).toEqual(lines);
  });

  it('tells of the first byte, before there is a line', async () => {
    const { socket, console, lines } = open();
    socket.write('\x1b');
    await console.firstOutput;
    expect(lines).toEqual([]);
  });

  it('is heard until the listener is disposed of', async () => {
    const { socket, console } = open();
    const heard: string[] = [];
    const listening = console.onLine((line) => {
      heard.push(line);
      listening[Symbol.dispose]();
    });
    socket.end('one\ntwo\n');
    await console.ended;
    expect(heard).toEqual(['one']);
  });

  it('bears a line of 100 MB, and finds what stands after it', async () => {
    const { socket, console } = open();
    let longest = 0;
    let isFound = false;
    console.onLine((line) => {
      longest = Math.max(longest, line.length);
      isFound ||= line.endsWith('Kernel panic - not syncing: x');
    });
    const chunk = Buffer.alloc(1 << 20, 'x');
    for (let sent = 0; sent < 100; sent += 1) {
      if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
    }
    socket.end('\nKernel panic - not syncing: x\n');
    await console.ended;
    expect(longest).toBe(4096);
    expect(isFound).toBe(true);
    expect(console.lastLines.length).toBeLessThanOrEqual(80);
  });
});
