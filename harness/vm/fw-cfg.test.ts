import { describe, expect, it } from 'vitest';
import { FwCfg } from './fw-cfg.ts';
import { FakeMachine } from './testing/fake-machine.ts';

/** QEMU, docs/specs/fw_cfg.rst: struct FWCfgFile, big-endian. */
function directoryEntry(name: string, selector: number, size: number): Buffer {
  const entry = Buffer.alloc(64);
  entry.writeUInt32BE(size, 0);
  entry.writeUInt16BE(selector, 4);
  entry.write(name, 8, 'latin1');
  return entry;
}

/** A device with the DMA interface of docs/specs/fw_cfg.rst, and two files of which one is writable. */
function deviceWith(first: Buffer, second: Buffer) {
  const machine = new FakeMachine();
  const directory = Buffer.concat([
    Buffer.of(0, 0, 0, 3),
    directoryEntry('etc/first', 0x20, first.length),
    directoryEntry('etc/second', 0x21, second.length),
    directoryEntry('etc/empty', 0x22, 0),
  ]);
  const items = new Map([
    [0x19, directory],
    [0x20, first],
    [0x21, second],
  ]);
  const transfer = (port: number, value: number) => {
    const request = Buffer.of(value, value >> 8, value >> 16, value >> 24).readUInt32BE();
    if (port !== 0x518) return;
    const { memory } = machine;
    const [control, length] = [memory.readUInt32BE(request), memory.readUInt32BE(request + 4)];
    const address = Number(memory.readBigUInt64BE(request + 8));
    const item = items.get(control >>> 16) ?? Buffer.alloc(0);
    if ((control & 0x08) === 0) throw new Error('nothing is selected');
    if ((control & 0x02) !== 0) item.copy(memory, address, 0, length);
    if ((control & 0x10) !== 0) memory.copy(item, 0, address, address + length);
    const isRefused = (control & 0x10) !== 0 && item !== second;
    memory.writeUInt32BE(isRefused ? 1 : 0, request);
  };
  machine.ports = { in: () => 0, out: transfer };
  return new FwCfg(machine.qtest);
}

describe("QEMU's firmware configuration device", () => {
  it('names its files', async () => {
    const fwCfg = deviceWith(Buffer.from('one'), Buffer.from('two!'));
    expect(await fwCfg.files()).toEqual([
      { name: 'etc/first', selector: 0x20, size: 3 },
      { name: 'etc/second', selector: 0x21, size: 4 },
      { name: 'etc/empty', selector: 0x22, size: 0 },
    ]);
  });

  it('gives their bytes', async () => {
    const fwCfg = deviceWith(Buffer.from('one'), Buffer.from('two!'));
    expect(await fwCfg.find('etc/second')).toEqual(new TextEncoder().encode('two!'));
    expect(await fwCfg.find('etc/empty')).toEqual(new Uint8Array());
    expect(await fwCfg.find('etc/third')).toBeUndefined();
  });

  it('takes bytes where a file may be written', async () => {
    const fwCfg = deviceWith(Buffer.from('one'), Buffer.from('two!'));
    await fwCfg.write('etc/second', new TextEncoder().encode('2'));
    expect(await fwCfg.find('etc/second')).toEqual(new TextEncoder().encode('2wo!'));
    const bytes = Uint8Array.of(1);
    await expect(fwCfg.write('etc/first', bytes)).rejects.toThrow('fw_cfg failed a transfer');
    await expect(fwCfg.write('etc/third', bytes)).rejects.toThrow('fw_cfg has no file etc/third');
  });
});
