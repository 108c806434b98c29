import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyVm } from '../guest/ready-vm.ts';
import { ORIGIN_FILE, ReadyVms } from '../guest/ready-vms.ts';
import { InfraError } from '../host/errors.ts';
import { processesWith } from '../host/process-table.ts';
import { Reaper } from '../host/reaper.ts';
import { firmwareBuilds } from '../images/firmware-build.ts';
import { getImage } from '../images/get-image.ts';
import { type DiskImage, requireDisk } from '../images/reference-image.ts';
import { Machine } from '../machine/machine.ts';
import { Bench, qemusIn, testToolbox } from '../vm/bench-for-tests.ts';
import { fork } from '../vm/fork.ts';
import { launch } from '../vm/qemu.ts';
import type { RunningVm } from '../vm/running-vm.ts';
import { openSnapshot, SNAPSHOT_FILES } from '../vm/snapshot.ts';
import { takeSnapshot } from '../vm/take-snapshot.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

/** PCR 16 is for debugging: nobody extends it at a boot (TCG PC Client Platform Firmware Profile). */
const EXTEND = `tpm2_pcrextend 16:sha256=${'a5'.repeat(32)}`;
const NOT_EXTENDED = `16: 0x${'0'.repeat(64)}`;
const READ_EXTENDED = 'tpm2_pcrread sha256:16';
const READ_PCRS = 'tpm2_pcrread';

/** Sectors between the partition table and the first partition belong to nobody. */
const WRITE_DISK = 'printf %512s written | dd of=/dev/vda bs=512 seek=64 conv=fsync';
const READ_DISK = "dd if=/dev/vda bs=512 skip=64 count=1 iflag=direct | tr -d '\\0 '";

const VARIABLE = '/sys/firmware/efi/efivars/Mark-c0de0000-0000-4000-8000-000000000001';
const WRITE_VARIABLE = `printf '\\7\\0\\0\\0m' > ${VARIABLE}`;
const WRITE_VAR = 'echo written > /var/mark';
const READ_MARKS = `ls /var/mark ${VARIABLE} 2>/dev/null | wc -l`;

const title = `forks of a guest${testToolbox === undefined ? ' (skipped without scripts/setup)' : ''}`;

describe.skipIf(testToolbox === undefined)(title, () => {
  let forks: Forks;
  let booted: ReadyVm;

  beforeAll(async () => {
    forks = await Forks.open();
    booted = await forks.ready('booted');
  });
  afterAll(() => forks?.[Symbol.asyncDispose]());

  it('answer as the booted VM does, and share nothing', async () => {
    const pcrs = await ask(booted, READ_PCRS);
    await using a = await forks.ready('a');
    await using b = await forks.ready('b');
    const key = /^forked from snapshot ([0-9a-f]{64})$/.exec(a.origin)?.[1];
    expect([booted.origin, b.origin]).toEqual(['booted', a.origin]);
    expect([a.vm.snapshot, booted.vm.snapshot]).toEqual([key, undefined]);
    expect(forks.log('a', ORIGIN_FILE)).toBe(`${a.origin}\n`);
    expect(await ask(a, READ_PCRS)).toBe(pcrs);
    expect(await ask(b, READ_PCRS)).toBe(pcrs);

    for (const deed of [EXTEND, WRITE_DISK, WRITE_VAR, WRITE_VARIABLE]) await ask(a, deed);
    expect(await ask(a, READ_EXTENDED)).not.toContain(NOT_EXTENDED);
    expect(await ask(a, READ_DISK)).toBe('written');
    expect(await ask(a, READ_MARKS)).toBe('2');

    await using later = await forks.ready('later');
    for (const other of [b, later, booted]) {
      expect(await ask(other, READ_PCRS)).toBe(pcrs);
      expect(await ask(other, READ_EXTENDED)).toContain(NOT_EXTENDED);
      expect(await ask(other, READ_DISK)).toBe('');
      expect(await ask(other, READ_MARKS)).toBe('0');
    }
    await expect(openSnapshot(forks.snapshot)).resolves.toMatchObject({ key, stage: 'ssh' });
  });

  it('have the EK certificates of the snapshot', async () => {
    await using a = await forks.ready('a');
    const read = ({ vm }: ReadyVm) => readFileSync(join(vm.tpm.certificates, 'ek-rsa2048.crt'));
    expect(read(a)).toEqual(read(booted));
  });

  it('leave nothing when they are closed', async () => {
    const a = await forks.ready('a');
    const { directory, sshPort } = a.vm;
    expect(qemusIn(directory)).toHaveLength(1);
    expect(isForwarded(sshPort)).toBe(true);
    await a[Symbol.asyncDispose]();
    expect(existsSync(directory)).toBe(false);
    expect(qemusIn(directory)).toEqual([]);
    expect(processesWith(`TMPDIR=${join(directory, 'tpm')}`)).toEqual([]);
    expect(isForwarded(sshPort)).toBe(false);
    expect(readdirSync(forks.snapshots)).toHaveLength(1);
  });

  it('are lost with their TPM, and say so: in userspace as in the kernel', async () => {
    const a = await forks.ready('without a TPM');
    killTpm(a.vm);
    const waiting = a.vm.during(() => new Promise(() => undefined));
    await expect(waiting).rejects.toMatchObject({ tool: 'swtpm' });
    await using vm = await forks.boot('kernel without a TPM');
    await vm.reach('initrd');
    killTpm(vm);
    await expect(vm.reach('ssh')).rejects.toMatchObject({ tool: 'swtpm' });
    await using next = await forks.ready('after a lost TPM');
    expect(await ask(next, READ_PCRS)).toBe(await ask(booted, READ_PCRS));
  });

  it('are not written down themselves', async () => {
    await using a = await forks.ready('a');
    const identity = { key: 'a', tools: {} };
    const taking = takeSnapshot(a.vm, join(forks.snapshots, 'of-a-fork'), identity);
    await expect(taking).rejects.toThrow('a fork has no disk of its own');
  });

  it('of a snapshot that QEMU cannot read fail, and leave nothing', async () => {
    const snapshot = await openSnapshot(forks.snapshot);
    const state = join(forks.snapshot, SNAPSHOT_FILES.state);
    const whole = readFileSync(state);
    writeFileSync(state, Buffer.concat([Buffer.alloc(8), whole.subarray(8)]));
    const { machine } = snapshot;
    const forking = fork(machine, snapshot, forks.context('damaged'));
    const error = await forking.catch((reason: unknown) => reason);
    writeFileSync(state, whole);
    expect(error).toBeInstanceOf(InfraError);
    expect(String(error)).toMatch(/not a migration stream/i);
  });

  it('of a damaged snapshot are none: it is dropped, and the boot is made', async () => {
    truncateSync(join(forks.snapshot, SNAPSHOT_FILES.state), 4096);
    const stop = new AbortController();
    const stages: string[] = [];
    const onStage = ({ stage }: { readonly stage: string }) => {
      stages.push(stage);
      stop.abort(new Error('seen enough'));
    };
    const ready = forks.ready('rebooted', { onStage, signal: stop.signal });
    await expect(ready).rejects.toThrow('seen enough');
    expect(stages).toEqual(['firmware']);
    expect(readdirSync(forks.snapshots)).toEqual([]);
  });
});

/** VMs of one machine, and the directories of a run. When it is closed, nothing of them may be left. */
class Forks implements AsyncDisposable {
  readonly #bench: Bench;
  readonly #image: DiskImage;
  readonly #machine: Machine;
  readonly #vms: ReadyVms;
  readonly #undo = new AsyncDisposableStack();

  private constructor(bench: Bench, image: DiskImage, machine: Machine) {
    this.#bench = this.#undo.use(bench);
    this.#image = image;
    this.#machine = machine;
    this.#vms = new ReadyVms(bench.context.cache);
  }

  static async open(): Promise<Forks> {
    const image = await builtImage();
    return new Forks(await Bench.open(), image, await machineOf(image));
  }

  get snapshots(): string {
    return join(this.#bench.context.cache, 'snapshots');
  }

  /** The folder of the one snapshot. */
  get snapshot(): string {
    return join(this.snapshots, readdirSync(this.snapshots)[0] ?? '');
  }

  log(vm: string, name: string): string {
    return readFileSync(join(this.context(vm).logs, name), 'utf8');
  }

  context(vm: string) {
    const announced = ['initrd', 'root', 'ssh'] as const;
    const logs = join(this.#bench.context.cache, 'logs', vm);
    return { ...this.#bench.context, announced, logs };
  }

  boot(vm: string): Promise<RunningVm> {
    return launch(this.#machine, this.context(vm));
  }

  async ready(vm: string, more: object = {}): Promise<ReadyVm> {
    const { sshKey, sshHostKey } = this.#image.keys;
    const access = { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` };
    const context = { ...this.context(vm), ...more };
    const ready = await this.#vms.of({ machine: this.#machine, access }, context);
    return this.#undo.use(ready);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync();
  }
}

function killTpm({ tpm }: RunningVm): void {
  process.kill(-tpm.child.pid, 'SIGKILL');
}

async function ask({ ssh }: ReadyVm, command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await ssh.run(command);
  expect([command, exitCode, stderr]).toEqual([command, 0, expect.anything()]);
  return Buffer.from(stdout).toString().trim();
}

/** Whether somebody listens on a TCP port of 127.0.0.1 (proc_net_tcp(5); state 0A is LISTEN). */
function isForwarded(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`0100007F:${hex} 00000000:0000 0A`).test(readFileSync('/proc/net/tcp', 'utf8'));
}

async function builtImage(): Promise<DiskImage> {
  await using reaper = Reaper.start();
  const build = { tools: toolbox(), reaper, images: WORKSPACE.images, onStep: () => undefined };
  return requireDisk(await getImage(WORKSPACE.definitions, 'uki-verity', build));
}

async function machineOf({ disk }: DiskImage): Promise<Machine> {
  const builds = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
  const build = builds.find(({ variant }) => variant === 'secure-boot');
  const { code, vars } = required(build);
  return Machine.parse({
    name: 'forked',
    firmware: { kind: 'pflash', code: code.path, vars: required(vars).path, smm: true },
    boot: { kind: 'disk', format: 'raw', path: disk },
  });
}

function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new TypeError('it is not there');
  return value;
}
