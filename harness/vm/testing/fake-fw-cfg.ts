import type { FakeMachine, Ports } from './fake-machine.ts';

const [HIGH_PORT, LOW_PORT] = [0x514, 0x518];
const [DIRECTORY, FIRST_FILE] = [0x19, 0x20];
const [READ, SELECT, WRITE] = [0x02, 0x08, 0x10];

/** Files of a made fw_cfg device, by name; a writer sees its bytes in those that may be written. */
export type FakeFiles = {
  readonly readable: Readonly<Record<string, Uint8Array>>;
  readonly writable: Readonly<Record<string, Uint8Array>>;
};

/**
 * A fw_cfg device with the DMA interface, made from QEMU, docs/specs/fw_cfg.rst.
 *
 * @param machine whose memory it reads and writes
 */
export function fakeFwCfg(machine: FakeMachine, { readable, writable }: FakeFiles): Ports {
  const files = Object.entries({ ...readable, ...writable }).map(([name, bytes], index) => ({
    ...{ name, selector: FIRST_FILE + index },
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  }));
  const count = Buffer.alloc(4);
  count.writeUInt32BE(files.length);
  const entries = files.map(({ name, selector, bytes }) => entryOf(name, selector, bytes.length));
  const directory = { name: '', selector: DIRECTORY, bytes: Buffer.concat([count, ...entries]) };
  const out = (port: number, value: number) => {
    if (port === HIGH_PORT && value !== 0) throw new Error('the request is above 4 GiB');
    if (port !== LOW_PORT) return;
    const request = Buffer.of(value, value >> 8, value >> 16, value >> 24).readUInt32BE();
    const selector = machine.memory.readUInt16BE(request);
    const item = [directory, ...files].find((one) => one.selector === selector);
    const isDone = item && transfer(machine.memory, request, item.bytes, item.name in writable);
    machine.memory.writeUInt32BE(isDone ? 0 : 1, request);
  };
  return { in: () => 0xffffffff, out };
}

/** FWCfgDmaAccess: control, length, address, big-endian. */
function transfer(memory: Buffer, request: number, item: Buffer, isWritable: boolean): boolean {
  const control = memory.readUInt16BE(request + 2);
  const length = memory.readUInt32BE(request + 4);
  const address = Number(memory.readBigUInt64BE(request + 8));
  if ((control & WRITE) === 0) item.copy(memory, address, 0, length);
  else if (isWritable) memory.copy(item, 0, address, address + length);
  return control === (SELECT | READ) || (isWritable && control === (SELECT | WRITE));
}

/** struct FWCfgFile, big-endian. */
function entryOf(name: string, selector: number, size: number): Buffer {
  const entry = Buffer.alloc(64);
  entry.writeUInt32BE(size, 0);
  entry.writeUInt16BE(selector, 4);
  entry.write(name, 8, 'latin1');
  return entry;
}
