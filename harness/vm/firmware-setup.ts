import { z } from 'zod';
import { Cursor } from '../bytes/cursor.ts';
import { readOvmfFooter } from '../formats/ovmf-footer.ts';
import { readOvmfSev } from '../formats/ovmf-sev.ts';
import { InfraError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import type { Machine } from '../machine/machine.ts';
import { allocatePciBars } from '../predict/platform/pci-allocation.ts';
import { type CpuAddressing, pciApertures } from '../predict/platform/pci-apertures.ts';
import { type FwCfg, missing } from './fw-cfg.ts';
import { filesOfFirmware } from './machine-files.ts';
import { PciConfiguration, type PciRegister } from './pci-configuration.ts';
import type { QmpClient } from './qmp.ts';
import type { Qtest } from './qtest.ts';

/** What PlatformPei programs: PCI Express's configuration, ACPI's ports, the root complex. */
const PCIE_BASE = 0xe0000000;
const CHIPSET: readonly (PciRegister & { readonly value: number })[] = [
  { device: 0, function: 0, offset: 0x60, value: 0 },
  { device: 0, function: 0, offset: 0x64, value: 0 },
  { device: 0, function: 0, offset: 0x60, value: PCIE_BASE + 1 },
  { device: 31, function: 0, offset: 0x40, value: 0x601 },
  { device: 31, function: 0, offset: 0x44, value: 0x80 },
  { device: 31, function: 0, offset: 0xf0, value: 0xfed1c001 },
];

/** SMIs go to all processors, and follow the plugging and unplugging of one. */
const SMI_FEATURES = 7n;

/** A machine that was switched on, and whose processors do not run. */
export type PausedMachine = {
  /** With absolute paths. */
  readonly machine: Machine;
  readonly qmp: Pick<QmpClient, 'execute'>;
  readonly qtest: Qtest;
  readonly fwCfg: FwCfg;
  /** Ends every wait. */
  readonly signal: AbortSignal | undefined;
};

/**
 * Sets up chipset, PCI and SMM as OVMF does before it reads QEMU's ACPI tables: what stands in these
 * depends on it.
 *
 * @throws InfraError where QEMU breaks; StageTimeout where it is silent; FormatError where what it
 *   tells is damaged
 * @see edk2, OvmfPkg/Library/PlatformInitLib/Platform.c (PlatformMiscInitialization);
 *   OvmfPkg/SmmControl2Dxe/SmiFeatures.c (NegotiateSmiFeatures)
 */
export async function setUpAsFirmware(paused: PausedMachine): Promise<void> {
  const { firmware } = paused.machine;
  await setUpPci(paused);
  if (firmware.kind === 'pflash' && firmware.smm) await negotiateSmiFeatures(paused.fwCfg);
}

async function setUpPci({ machine, qmp, qtest, fwCfg, signal }: PausedMachine): Promise<void> {
  const pci = new PciConfiguration(qtest, signal);
  const apertures = pciApertures({
    e820: await required(fwCfg, 'etc/e820'),
    reservedMemoryEnd: await fwCfg.find('etc/reserved-memory-end'),
    cpu: await cpuAddressing(qmp),
    usesGiBPages: !(await isAmdSev(machine)),
  });
  await pci.write(CHIPSET);
  await pci.program(allocatePciBars(await pci.probe(), apertures));
}

const Cpus = z.tuple([z.object({ 'qom-path': z.string() })], z.unknown());

/** The properties of the first processor: CPUID is made from them. */
async function cpuAddressing(qmp: PausedMachine['qmp']): Promise<CpuAddressing> {
  const [{ 'qom-path': path }] = answer(Cpus, await qmp.execute('query-cpus-fast'));
  const get = (property: string) => qmp.execute('qom-get', { path, property });
  return {
    vendor: answer(z.string(), await get('vendor')),
    physBits: answer(z.number(), await get('phys-bits')),
    // QEMU 9.1 and later have it.
    guestPhysBits: answer(z.number(), await get('guest-phys-bits').catch(() => 0)),
    hasGiBPages: answer(z.boolean(), await get('pdpe1gb')),
  };
}

function answer<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problem = `describes its processor as ${JSON.stringify(value)}`;
  throw new InfraError({ tool: 'QEMU', problem });
}

/** Of OVMF's builds only AmdSev, which alone looks for kernel hashes, keeps to pages of 2 MiB. */
async function isAmdSev({ firmware }: Machine): Promise<boolean> {
  const [path = ''] = filesOfFirmware(firmware);
  using source = await openSource(path);
  return readOvmfSev(source, readOvmfFooter(source)).hashTable !== undefined;
}

async function negotiateSmiFeatures(fwCfg: FwCfg): Promise<void> {
  const supported = await required(fwCfg, 'etc/smi/supported-features');
  const features = new Cursor('etc/smi/supported-features', supported).u64('features');
  const requested = Buffer.alloc(8);
  requested.writeBigUInt64LE(features & SMI_FEATURES);
  await fwCfg.write('etc/smi/requested-features', requested);
  // To read it is to ask for them.
  const [granted] = await required(fwCfg, 'etc/smi/features-ok');
  if (granted === 1) return;
  throw new InfraError({ tool: 'QEMU', problem: `refused the SMI features ${features}` });
}

async function required(fwCfg: FwCfg, name: string): Promise<Uint8Array> {
  const bytes = await fwCfg.find(name);
  if (bytes === undefined) throw missing(name);
  return bytes;
}
