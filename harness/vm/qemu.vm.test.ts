import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InfraError } from '../host/errors.ts';
import {
  Bench,
  BOOT_MS,
  needsToolbox,
  qemusIn,
  runDirectoryOf,
  testToolbox,
} from './bench-for-tests.ts';
import { BootFailure } from './boot-failure.ts';
import { launch } from './qemu.ts';
import { VM_LOGS } from './vm-run.ts';

const title = needsToolbox('a VM of firmware alone');

describe.skipIf(testToolbox === undefined)(title, { timeout: BOOT_MS }, () => {
  it('boots under TCG until there is nothing to boot, and leaves but its logs', async () => {
    await using bench = await Bench.open();
    const { machine, context } = bench;
    const vm = await launch(machine, context);
    const runDirectory = runDirectoryOf(vm);
    const qemus = qemusIn(runDirectory);
    expect(qemus).toHaveLength(1);
    expect(readFileSync(`/proc/${qemus[0]}/status`, 'utf8')).toMatch(/^THP_enabled:\s+0$/m);
    expect(vm.sshPort).toBeGreaterThan(1023);

    const error = await vm.reach('ssh').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BootFailure);
    expect(error).toMatchObject({
      stage: 'firmware',
      problem: { kind: 'refused', refusal: { by: 'firmware boot manager' } },
    });

    await vm.close();
    await expect(vm.halted).resolves.toEqual({ kind: 'killed' });
    expect(existsSync(runDirectory)).toBe(false);
    expect(qemusIn(runDirectory)).toEqual([]);
    expect(readdirSync(context.logs).sort()).toEqual(Object.values(VM_LOGS).sort());
    const log = (name: string) => readFileSync(`${context.logs}/${name}`, 'utf8');
    expect(log(VM_LOGS.console)).toMatch(/^ +\d+\.\d{3} BdsDxe: failed to load Boot0001 /m);
    expect(log(VM_LOGS.qmp)).toContain('"reason": "host-qmp-quit"');
    expect(JSON.parse(log(VM_LOGS.arguments))).toEqual(vm.argv);
    // TPM2_PCR_Extend has the command code 0x182 (TPM 2.0 Library, Part 2, TPM_CC): swtpm saw what
    // the firmware measured.
    expect(log(VM_LOGS.tpm)).toMatch(/80 02 00 00 00 \w\w 00 00 01 82/);
    expect(existsSync(`${context.cache}/calibration-tcg.json`)).toBe(true);
  });

  it('has a vTPM that its own authority has certified', async () => {
    await using bench = await Bench.open();
    await using vm = await launch(bench.machine, bench.context);
    const read = (name: string) => readFileSync(`${vm.tpm.certificates}/${name}`);
    const authority = new X509Certificate(read('issuercert.pem'));
    const endorsement = new X509Certificate(read('ek-rsa2048.crt'));
    expect(endorsement.verify(authority.publicKey)).toBe(true);
    expect(endorsement.subject).toBe('CN=ovmf-alone');
  });

  it('is lost when its vTPM is', async () => {
    await using bench = await Bench.open();
    await using vm = await launch(bench.machine, bench.context);
    process.kill(-vm.tpm.child.pid, 'SIGKILL');
    const waiting = vm.during(() => new Promise(() => undefined));
    await expect(waiting).rejects.toBeInstanceOf(InfraError);
    await expect(waiting).rejects.toMatchObject({ tool: 'swtpm', signal: 'SIGKILL' });
  });

  it('is lost when its QEMU is', async () => {
    await using bench = await Bench.open();
    await using vm = await launch(bench.machine, bench.context);
    for (const pid of qemusIn(runDirectoryOf(vm))) process.kill(pid, 'SIGSEGV');
    await expect(vm.reach('kernel')).rejects.toThrow('QEMU was killed by SIGSEGV');
    await expect(vm.halted).resolves.toMatchObject({ kind: 'qemu-exit', signal: 'SIGSEGV' });
  });

  it('that QEMU refuses says why', async () => {
    await using bench = await Bench.open();
    const machine = { ...bench.machine, cpu: 'no-such-cpu' };
    const error = await launch(machine, bench.context).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InfraError);
    expect(error).toMatchObject({ tool: 'qemu-system-x86_64', exitCode: 1, signal: null });
    expect(String(error)).toContain("unable to find CPU model 'no-such-cpu'");
  });

  it('whose image is not there is a mistake of the user', async () => {
    await using bench = await Bench.open();
    const boot = { kind: 'disk', path: '/no/such/image.raw', format: 'raw' } as const;
    const launching = launch({ ...bench.machine, boot }, bench.context);
    await expect(launching).rejects.toThrow('/no/such/image.raw: no such file');
  });

  it.each([0, 20, 100, 300])('leaves nothing where its launch ends after %i ms', async (ms) => {
    await using bench = await Bench.open();
    const launching = launch(bench.machine, { ...bench.context, signal: AbortSignal.timeout(ms) });
    await expect(launching).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
