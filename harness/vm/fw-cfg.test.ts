import { describe, expect, it } from 'vitest';
import { FwCfg } from './fw-cfg.ts';
import { fakeFwCfg } from './testing/fake-fw-cfg.ts';
import { FakeMachine } from './testing/fake-machine.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function deviceWith(first: string, second: string) {
  const machine = new FakeMachine();
  machine.ports = fakeFwCfg(machine, {
    readable: { 'etc/first': encode(first), 'etc/empty': new Uint8Array() },
    writable: { 'etc/second': encode(second) },
  });
  return new FwCfg(machine.qtest);
}

describe("QEMU's firmware configuration device", () => {
  it('names its files', async () => {
    const fwCfg = deviceWith('one', 'two!');
    expect(await fwCfg.files()).toEqual([
      { name: 'etc/first', selector: 0x20, size: 3 },
      { name: 'etc/empty', selector: 0x21, size: 0 },
      { name: 'etc/second', selector: 0x22, size: 4 },
    ]);
  });

  it('gives their bytes', async () => {
    const fwCfg = deviceWith('one', 'two!');
    expect(await fwCfg.find('etc/second')).toEqual(encode('two!'));
    expect(await fwCfg.find('etc/empty')).toEqual(new Uint8Array());
    expect(await fwCfg.find('etc/third')).toBeUndefined();
  });

  it('takes bytes where a file may be written', async () => {
    const fwCfg = deviceWith('one', 'two!');
    await fwCfg.write('etc/second', encode('2'));
    expect(await fwCfg.find('etc/second')).toEqual(encode('2wo!'));
    const bytes = Uint8Array.of(1);
    await expect(fwCfg.write('etc/first', bytes)).rejects.toThrow('fw_cfg failed a transfer');
    await expect(fwCfg.write('etc/third', bytes)).rejects.toThrow('fw_cfg has no file etc/third');
  });
});
