import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import manifest from '../../ovmf/manifest.json' with { type: 'json' };
import { poll } from '../host/deadline.ts';
import { Machine } from '../machine/machine.ts';
import { acpiTableEvents } from '../predict/platform/acpi-tables.ts';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from './bench-for-tests.ts';
import { launch } from './qemu.ts';
import { readQemuTables } from './qemu-tables.ts';

const FIRMWARE = fileURLToPath(new URL('../../.cache/firmware', import.meta.url));

/** Builds of OVMF, each on another machine: the tables and the places of BARs differ between them. */
const MACHINES = [
  { generation: '2025.02', variant: 'plain', vcpus: 4, memoryMiB: 6144 },
  { generation: '2025.02', variant: 'secure-boot', vcpus: 1, memoryMiB: 1024 },
  { generation: '2026.08', variant: 'plain', vcpus: 1, memoryMiB: 4096, cpu: 'Nehalem' },
  { generation: '2026.08', variant: 'secure-boot', vcpus: 2, memoryMiB: 2048 },
  { generation: '2026.08', variant: 'amd-sev', vcpus: 2, memoryMiB: 1024 },
] as const;

const title = needsToolbox('the forecast of the ACPI tables');

describe.skipIf(testToolbox === undefined)(title, { timeout: BOOT_MS }, () => {
  it.for(MACHINES)(
    'is what $variant $generation extends with $vcpus vCPUs and $memoryMiB MiB',
    async (of, { skip }) => {
      await using bench = await Bench.open();
      const machine = machineOf(bench, of);
      if (machine === undefined) return skip('no such firmware; run scripts/setup');
      const { context } = bench;
      const fwCfg = await readQemuTables(machine, context);
      const forecast = acpiTableEvents({ banks: ['sha256'] }, fwCfg);
      const expected = forecast.map(({ digests }) => digests.sha256);
      expect(expected).toHaveLength(4);

      await using vm = await launch(machine, context);
      const extended = await vm.during((signal) =>
        poll(() => pcr1Extends(vm.tpm.logFile, expected.length), 50, signal),
      );
      expect(extended).toEqual(expected);
      return undefined;
    },
  );

  it('tells why QEMU refuses the machine', async () => {
    await using bench = await Bench.open();
    const reading = readQemuTables({ ...bench.machine, cpu: 'no-such-cpu' }, bench.context);
    await expect(reading).rejects.toThrow("unable to find CPU model 'no-such-cpu'");
  });

  it.each([50, 300])('leaves nothing where it is told to stop after %i ms', async (ms) => {
    await using bench = await Bench.open();
    const context = { ...bench.context, signal: AbortSignal.timeout(ms) };
    const outcome = await readQemuTables(bench.machine, context).catch((error: Error) => error);
    if (outcome instanceof Error) expect(outcome.name).toBe('TimeoutError');
  });
});

type MachineKind = (typeof MACHINES)[number];

function machineOf(bench: Bench, { generation, variant, ...size }: MachineKind) {
  const build = manifest.builds.find(
    (one) => one.generation === generation && one.variant === variant,
  );
  const code = `${FIRMWARE}/${build?.code.file}`;
  if (build === undefined || !existsSync(code)) return undefined;
  const vars = 'vars' in build && build.vars ? `${FIRMWARE}/${build.vars.file}` : undefined;
  if (vars !== undefined) {
    const firmware = { kind: 'pflash', code, vars, smm: build.capabilities.smm };
    return Machine.parse({ ...bench.machine, ...size, firmware });
  }
  const kernel = `${bench.context.cache}/kernel`;
  writeFileSync(kernel, noKernel());
  const firmware = { kind: 'bios', image: code };
  return Machine.parse({ ...bench.machine, ...size, firmware, boot: { kind: 'kernel', kernel } });
}

/** What QEMU takes for a kernel: one sector of code, and a header (Linux, x86 boot protocol 2.12). */
function noKernel(): Uint8Array {
  const image = Buffer.alloc(64 << 10);
  image.writeUInt8(1, 0x1f1);
  image.write('HdrS', 0x202);
  image.writeUInt16LE(0x20c, 0x206);
  image.writeUInt8(1, 0x211);
  return image;
}

/**
 * TPM2_PCR_Extend of PCR 1 (TPM 2.0 Library, Part 3, 22.2): tag, size, command code, PCR, size of the
 * authorization, a session with an empty password, and the digests: SHA-1 (0x0004), SHA-256 (0x000b).
 */
const EXTEND = new RegExp(
  ['8002', '.{8}', '00000182', '00000001', '00000009', '400000090000000000', '.{8}']
    .concat('(?:0004.{40})?', '000b(.{64})')
    .join(''),
  'g',
);

/** The first SHA-256 digests that PCR 1 was extended with; `undefined` where they are fewer yet. */
async function pcr1Extends(log: string, count: number): Promise<readonly string[] | undefined> {
  const hex = (await readFile(log, 'latin1')).replaceAll(/\s+/g, '').toLowerCase();
  const found = [...hex.matchAll(EXTEND)].map(([, digest = '']) => digest);
  return found.length < count ? undefined : found.slice(0, count);
}
