import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Machine } from '../machine/machine.ts';
import { setUpAsFirmware } from './firmware-setup.ts';
import { FwCfg } from './fw-cfg.ts';
import { fakeFwCfg } from './testing/fake-fw-cfg.ts';
import { FakeMachine } from './testing/fake-machine.ts';

/** 1 GiB of memory: QEMU, hw/i386/e820_memory_layout.h. */
const E820 = Buffer.from('00000000000000000000004000000000' + '01000000', 'hex');

const PROCESSOR = { vendor: 'AuthenticAMD', 'phys-bits': 40, 'guest-phys-bits': 0, pdpe1gb: true };

type Setup = { readonly smm: boolean; readonly granted?: number; readonly processor?: object };

/** Sets up a machine with one device, whose one BAR is 64 bits wide and takes 16 KiB. */
async function setUp({ smm, granted = 1, processor = PROCESSOR }: Setup) {
  await using reaper = Reaper.start();
  await using directory = await RunDirectory.create(reaper);
  const code = directory.file('code.fd');
  writeFileSync(code, new Uint8Array(4096)); // firmware without a footer: no AmdSev
  const fake = new FakeMachine();
  const requested = new Uint8Array(8);
  const fwCfg = fakeFwCfg(fake, {
    readable: {
      'etc/e820': E820,
      'etc/smi/supported-features': Uint8Array.of(0xf7, 0, 0, 0, 0, 0, 0, 0x80),
      'etc/smi/features-ok': Uint8Array.of(granted),
    },
    writable: { 'etc/smi/requested-features': requested },
  });
  const registers = new Map<number, number>();
  let address = 0;
  const device = (register: number) => {
    const bar = registers.get(register) ?? 0;
    if (register === 0x810) return ((bar & 0xffffc000) | 0xc) >>> 0;
    return register === 0x814 ? bar : 0;
  };
  fake.ports = {
    in: () => (address >> 8 === 8 ? device(address) : 0xffffffff),
    out: (port, value) => {
      if (port === 0xcf8) address = value & 0x7fffffff;
      else if (port === 0xcfc) registers.set(address, value);
      else fwCfg.out(port, value);
    },
  };
  const machine = Machine.parse({
    name: 'x',
    firmware: { kind: 'pflash', code, vars: '/v', smm },
    boot: { kind: 'kernel', kernel: '/k' },
  });
  const answers = new Map<unknown, unknown>(Object.entries(processor));
  const execute = async (command: string, parameters: Readonly<Record<string, unknown>> = {}) =>
    command === 'query-cpus-fast' ? [{ 'qom-path': '/cpu' }] : answers.get(parameters['property']);
  using qtest = fake.qtest;
  const parts = { qmp: { execute }, qtest, fwCfg: new FwCfg(qtest), signal: undefined };
  await setUpAsFirmware({ machine, ...parts });
  return { registers, requested };
}

describe('what the firmware sets up', () => {
  it('is the chipset, and the BARs in their apertures', async () => {
    const { registers, requested } = await setUp({ smm: false });
    // PCIEXBAR and ICH9_PMBASE, ICH9_ACPI_CNTL, ICH9_RCBA: edk2, OvmfPkg/Include/IndustryStandard.
    expect(registers.get(0x60)).toBe(0xe0000001);
    expect(registers.get(0xf840)).toBe(0x601);
    expect(registers.get(0xf844)).toBe(0x80);
    expect(registers.get(0xf8f0)).toBe(0xfed1c001);
    expect(registers.get(0x810)).toBe(0);
    expect(registers.get(0x814)).toBe(0xe0);
    expect(requested).toEqual(new Uint8Array(8));
  });

  it('with SMM has those SMI features that OVMF knows, of those that QEMU has', async () => {
    const { requested } = await setUp({ smm: true });
    expect(requested).toEqual(Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0));
  });

  it('fails where QEMU refuses the features, or describes no processor', async () => {
    await expect(setUp({ smm: true, granted: 0 })).rejects.toThrow('refused the SMI features');
    const processor = { ...PROCESSOR, vendor: 7 };
    await expect(setUp({ smm: false, processor })).rejects.toThrow('its processor as 7');
  });
});
