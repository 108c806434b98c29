import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ANNOUNCED_STAGES } from '../guest/boot-dossier.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { bootOf } from '../images/boot-of.ts';
import { requireImageNames } from '../images/definition.ts';
import { firmwareBuilds } from '../images/firmware-build.ts';
import { Machine } from '../machine/machine.ts';
import { type AcceleratorRequest, chooseAccelerator } from '../vm/accelerator.ts';
import { launch } from '../vm/qemu.ts';
import { chosenTools, HostSession } from './host-session.ts';
import { builtImage } from './image.ts';
import { setUp } from './set-up.ts';
import { WORKSPACE } from './workspace.ts';

/** What a user wants booted. */
export type BootRequest = {
  readonly name: string | undefined;
  readonly disk?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly cmdline?: string;
  readonly accel: AcceleratorRequest;
  readonly tools: 'toolbox' | 'host';
};

/** A machine that a person is to log in to. */
type Bootable = { readonly boot: Machine['boot']; readonly sshKey: string | undefined };

/**
 * Boots an image, prints how to log in, and keeps it running until it ends itself or is interrupted.
 *
 * @throws UsageError where it is not clear what to boot; BootFailure and others as {@link launch}
 */
export async function boot(request: BootRequest): Promise<void> {
  await checkRequest(request);
  await using session = new HostSession();
  await setUp(session);
  const { reaper, signal } = session;
  const tools = chosenTools(request.tools);
  const bootable = await whatToBoot(request, session);
  const machine = await machineFor(bootable);
  const choice = await chooseAccelerator(request.accel, machine, { tools, reaper, signal });
  session.done(choice.reason);
  await using logs = await RunDirectory.create(reaper);
  await mkdir(logs.file('logs'));
  await using vm = await launch(machine, {
    tools,
    reaper,
    signal,
    accelerator: choice.accelerator,
    logs: logs.file('logs'),
    cache: WORKSPACE.cache,
    announced: bootable.sshKey === undefined ? [] : ANNOUNCED_STAGES,
    onStage: ({ stage }) => session.stage(machine.name, stage),
  });
  if (bootable.sshKey !== undefined) await vm.reach('ssh');
  vm.stages.complete();
  process.stdout.write(`${sshLine(vm.sshPort, bootable.sshKey)}\n`);
  session.done(`console: ${join(logs.file('logs'), 'console.log')}; Ctrl-C ends the machine`);
  await vm.during(() => vm.halted);
}

async function checkRequest(request: BootRequest): Promise<void> {
  const { name, disk, kernel, initrd, cmdline } = request;
  const given = [name, disk, kernel].filter((part) => part !== undefined);
  if (given.length !== 1) throw new UsageError('name one of: a reference image, --disk, --kernel');
  if (kernel === undefined && (initrd ?? cmdline) !== undefined) {
    throw new UsageError('--initrd and --cmdline go with --kernel');
  }
  if (name !== undefined) await requireImageNames(WORKSPACE.definitions, [name]);
  for (const path of [disk, kernel, initrd]) {
    if (path !== undefined) (await openSource(path))[Symbol.dispose]();
  }
}

async function whatToBoot(request: BootRequest, session: HostSession): Promise<Bootable> {
  const { name, disk, kernel, initrd, cmdline } = request;
  if (disk !== undefined) {
    return { boot: { kind: 'disk', path: resolve(disk), format: 'raw' }, sshKey: undefined };
  }
  if (kernel !== undefined) {
    const boot = {
      kind: 'kernel' as const,
      kernel: resolve(kernel),
      ...(initrd !== undefined && { initrd: resolve(initrd) }),
      ...(cmdline !== undefined && { cmdline }),
    };
    return { boot, sshKey: undefined };
  }
  const image = await builtImage(name ?? '', session);
  return { boot: await bootOf(image), sshKey: image.keys.sshKey };
}

async function machineFor({ boot }: Bootable): Promise<Machine> {
  const builds = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
  const build = builds.find(({ variant }) => variant === 'secure-boot');
  if (build?.vars == null) throw new TypeError('the manifest has no Secure Boot build of OVMF');
  return Machine.parse({
    name: 'boot',
    firmware: { kind: 'pflash', code: build.code.path, vars: build.vars.path, smm: true },
    boot,
  });
}

/** The host key is not checked by this line: it is for looking around, not for evidence. */
function sshLine(port: number, key: string | undefined): string {
  const identity = key === undefined ? '' : ` -i ${key}`;
  return `ssh -p ${port}${identity} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1`;
}
