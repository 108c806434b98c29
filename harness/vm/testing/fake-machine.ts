import { duplexPair } from 'node:stream';
import { Qtest } from '../qtest.ts';

const MEMORY_BYTES = 4 << 20;

/** What answers at the ports of a {@link FakeMachine}, 32 bits wide. */
export type Ports = {
  readonly in: (port: number) => number;
  readonly out: (port: number, value: number) => void;
};

/** Memory and ports behind a client of the qtest protocol, which QEMU's end of is made by a test. */
export class FakeMachine {
  readonly qtest: Qtest;
  readonly memory = Buffer.alloc(MEMORY_BYTES);
  ports: Ports = { in: () => 0xffffffff, out: () => undefined };

  constructor() {
    const [ours, theirs] = duplexPair();
    this.qtest = new Qtest(ours);
    let text = '';
    theirs.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) theirs.write(`${this.#answer(line)}\n`);
    });
    theirs.on('error', () => undefined);
  }

  /** QEMU, system/qtest.c (qtest_process_command). */
  #answer(line: string): string {
    const [command, first = '', second = '', third = ''] = line.split(' ');
    const [address, value] = [Number(first), Number(second)];
    switch (command) {
      case 'inl':
        return `OK 0x${this.ports.in(address).toString(16).padStart(4, '0')}`;
      case 'outl':
        this.ports.out(address, value);
        return 'OK';
      case 'readl':
        return `OK 0x${this.memory.readUInt32LE(address).toString(16).padStart(16, '0')}`;
      case 'b64read':
        return `OK ${this.memory.subarray(address, address + value).toString('base64')}`;
      case 'b64write':
        this.memory.set(Buffer.from(third, 'base64').subarray(0, value), address);
        return 'OK';
      default:
        return `FAIL Unknown command '${command}'`;
    }
  }
}
