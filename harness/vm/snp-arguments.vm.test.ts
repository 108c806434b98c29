import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import manifest from '../../ovmf/manifest.json' with { type: 'json' };
import { InfraError } from '../host/errors.ts';
import { runTool } from '../host/run-tool.ts';
import { toolCommand } from '../host/tools.ts';
import { Machine } from '../machine/machine.ts';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from './bench-for-tests.ts';
import { launch } from './qemu.ts';
import { type Accelerator, QEMU } from './qemu-arguments.ts';
import { snpObjects } from './snp-arguments.ts';

const FIRMWARE = fileURLToPath(new URL('../../.cache/firmware', import.meta.url));
const AMDSEV = manifest.builds.find(({ variant }) => variant === 'amd-sev');
const IMAGE = `${FIRMWARE}/${AMDSEV?.code.file}`;

/** Properties that QEMU has and does not list. */
const UNLISTED = ['cbitpos', 'reduced-phys-bits'];

/** A host whose KVM starts SNP guests; its launch is another test's. */
const hasSnp = ['Y', '1'].includes(
  (await readFile('/sys/module/kvm_amd/parameters/sev_snp', 'utf8').catch(() => 'absent')).trim(),
);

/** With everything that a launch can say. */
const SNP: Machine = Machine.parse({
  name: 'snp',
  firmware: { kind: 'bios', image: IMAGE },
  // QEMU reads no kernel before it has found out that it cannot have SNP.
  boot: { kind: 'kernel', kernel: IMAGE },
  cpu: 'EPYC-v4',
  sev: {
    mode: 'snp',
    policy: '0xb0000',
    hostData: 'ab'.repeat(32),
    idBlock: Buffer.alloc(96, 1).toString('base64'),
    idAuth: Buffer.alloc(4096, 2).toString('base64'),
    authorKey: true,
    kernelHashes: true,
  },
});

const title = existsSync(IMAGE)
  ? needsToolbox('an SNP guest')
  : 'an SNP guest (skipped: no AmdSev firmware; run scripts/setup)';
const isSkipped = testToolbox === undefined || !existsSync(IMAGE);

describe.skipIf(isSkipped)(title, { timeout: BOOT_MS }, () => {
  it('is said in properties that this QEMU has', async () => {
    await using bench = await Bench.open();
    const { tools, reaper } = bench.context;
    const help = toolCommand(tools, QEMU, ['-object', 'sev-snp-guest,help']);
    const listed = await runTool(help, { reaper, deadlineMs: 20_000 });
    const [, , , guest = ''] = snpObjects(SNP);
    const used = guest.split(',').slice(2);
    const names = used.map((property) => property.replace(/=.*/, ''));
    const has = new Set(listed.split('\n').map((line) => /^ +([a-z-]+)=/.exec(line)?.[1] ?? ''));
    expect(names.filter((name) => !has.has(name))).toEqual(UNLISTED);
  });

  it.skipIf(hasSnp)('is refused by TCG for want of KVM and nothing else', async () => {
    const lines = await refusal(SNP, 'tcg');
    expect(lines).toMatch(/KVM required|accelerator does not support confidential guest/);
    expect(lines).not.toMatch(/[Pp]roperty|[Ii]nvalid|not found/);
  });

  it.skipIf(hasSnp || !existsSync('/dev/kvm'))(
    'is refused by a KVM without SNP for want of it and nothing else',
    async () => {
      const lines = await refusal(SNP, 'kvm');
      expect(lines).toMatch(/SEV-SNP not supported by KVM|sev_kvm_init|cbitpos check failed/);
      expect(lines).not.toMatch(/[Pp]roperty|[Ii]nvalid/);
    },
  );

  it.skipIf(hasSnp)('with a policy that is none is refused for that', async () => {
    const sev = SNP.sev && { ...SNP.sev, policy: 'SMT' };
    expect(await refusal({ ...SNP, sev }, 'tcg')).toContain("Parameter 'policy' expects");
  });
});

/** The last lines of a QEMU that does not start. */
async function refusal(machine: Machine, accelerator: Accelerator): Promise<string> {
  await using bench = await Bench.open();
  const error = await launch(machine, { ...bench.context, accelerator }).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InfraError);
  expect(error).toMatchObject({ tool: QEMU, exitCode: 1 });
  return error instanceof InfraError ? error.lastLines.join('\n') : '';
}
