import type { Machine } from '../machine/machine.ts';
import { snpMachineOptions, snpObjects } from './snp-arguments.ts';

/** Name of the emulator. */
export const QEMU = 'qemu-system-x86_64';

/** What executes the guest's instructions: the processor, or QEMU's emulation. */
export type Accelerator = 'kvm' | 'tcg';

/** Sockets on which the harness listens before QEMU starts. */
export type ControlSockets = { readonly qmp: string; readonly serial: string };

/** Files and sockets of one run. */
export type RunFiles = ControlSockets & {
  /** swtpm's control socket. */
  readonly tpm: string;
  /** This VM's own copy of the variable store, where the firmware has one. */
  readonly vars: string | undefined;
  /** This VM's own overlay of the disk, where it boots from one. */
  readonly overlay: string | undefined;
  /** Guest physical address of the table of kernel hashes, where the machine is given one. */
  readonly hashTableAddress?: number | undefined;
};

// What a guest can see of the host is the same in every run.
const UUID = 'c0de0000-0000-4000-8000-000000000001';
const MAC = '52:54:00:c0:de:01';
const RTC_BASE = '2026-01-01T00:00:00';

/**
 * QEMU's arguments for a machine that is to be booted. The VM starts paused, so that no event is
 * missed; the order of the devices is the order of their PCI slots, and thereby measured.
 *
 * @param machine with absolute paths
 */
export function qemuArguments(
  machine: Machine,
  files: RunFiles,
  accelerator: Accelerator,
): readonly string[] {
  return [
    ...platform(machine, accelerator),
    ...firmware(machine, files.vars),
    ...tpm(files.tpm),
    ...boot(machine, files),
    ...network(),
    ...entropy(),
    ...control(files),
  ];
}

/**
 * QEMU's arguments for a machine that runs its firmware and nothing else.
 *
 * @param machine with absolute paths
 * @param vars this VM's own copy of the variable store, where the firmware has one
 */
export function firmwareArguments(
  machine: Machine,
  vars: string | undefined,
  sockets: ControlSockets,
  accelerator: Accelerator,
): readonly string[] {
  return [...platform(machine, accelerator), ...firmware(machine, vars), ...control(sockets)];
}

/**
 * QEMU's arguments, besides those of a machine that is to be booted, for reaching its ports and memory
 * while no processor runs.
 *
 * @param socket on which the harness listens
 */
export function qtestArguments(socket: string): readonly string[] {
  const chardev = `socket,id=qtest,path=${escaped(socket)}`;
  return ['-chardev', chardev, '-qtest', 'chardev:qtest', '-qtest-log', 'none'];
}

/**
 * QEMU's arguments, besides those of a machine that is to be booted, for stopping it as a debugger does.
 *
 * @param socket on which the harness listens
 */
export function debuggerArguments(socket: string): readonly string[] {
  return ['-chardev', `socket,id=gdb,path=${escaped(socket)}`, '-gdb', 'chardev:gdb'];
}

function platform(machine: Machine, accelerator: Accelerator): readonly string[] {
  const smm = machine.firmware.kind === 'pflash' && machine.firmware.smm;
  return [
    ...['-machine', `q35,smm=${smm ? 'on' : 'off'}${snpMachineOptions(machine)}`],
    ...snpObjects(machine),
    ...['-accel', acceleration(machine, accelerator)],
    ...['-cpu', processor(machine, accelerator)],
    ...['-smp', String(machine.vcpus)],
    ...['-m', String(machine.memoryMiB)],
    ...['-uuid', UUID],
    ...(machine.oemStrings ?? []).flatMap((text) => ['-smbios', `type=11,value=${escaped(text)}`]),
    ...['-rtc', `base=${RTC_BASE},clock=vm`],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-S'],
    ...(smm ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
  ];
}

/**
 * Emulated processors that have a thread each wait for each other more than they work. One alone is slower by a
 * thread that could run several: a fork takes 0.98 s then, and not 0.88.
 */
function acceleration({ vcpus }: Machine, accelerator: Accelerator): string {
  return accelerator === 'tcg' ? `tcg,thread=${vcpus > 1 ? 'single' : 'multi'}` : 'kvm';
}

/**
 * Emulated, `max` is had without what costs time there: QEMU carries out `rep movsb` and `rep stosb` byte by
 * byte, and software that is told that they are fast (ERMS, FSRM) fills pages with them; a fifth level of
 * page tables (LA57) is walked at each miss of the emulated TLB. A boot takes a tenth less without.
 */
function processor({ cpu }: Machine, accelerator: Accelerator): string {
  return accelerator === 'tcg' && cpu === 'max' ? `${cpu},erms=off,fsrm=off,la57=off` : cpu;
}

function firmware({ firmware }: Machine, vars: string | undefined): readonly string[] {
  if (firmware.kind === 'bios') return ['-bios', firmware.image];
  const code = `if=pflash,unit=0,format=raw,readonly=on,file=${escaped(firmware.code)}`;
  const store = `if=pflash,unit=1,format=raw,file=${escaped(required(vars))}`;
  return ['-drive', code, '-drive', store];
}

function tpm(socket: string): readonly string[] {
  return [
    ...['-chardev', `socket,id=tpm,path=${escaped(socket)}`],
    ...['-tpmdev', 'emulator,id=tpm0,chardev=tpm'],
    ...['-device', 'tpm-crb,tpmdev=tpm0'],
  ];
}

function boot({ boot }: Machine, files: RunFiles): readonly string[] {
  if (boot.kind === 'disk') {
    // The overlay goes with the run: what the guest flushes need not reach the host's disk.
    const drive = `if=none,id=disk0,format=qcow2,cache=unsafe,file=${escaped(required(files.overlay))}`;
    return ['-drive', drive, '-device', 'virtio-blk-pci,drive=disk0,bootindex=1'];
  }
  return [
    ...['-kernel', boot.kernel],
    ...(boot.initrd === undefined ? [] : ['-initrd', boot.initrd]),
    ...(boot.cmdline === undefined ? [] : ['-append', boot.cmdline]),
    ...hashesTable(boot.hashesTable, files.hashTableAddress),
  ];
}

/** Without SEV nobody puts the table into guest memory, and the firmware reads it all the same. */
function hashesTable(path: string | undefined, address: number | undefined): readonly string[] {
  if (path === undefined || address === undefined) return [];
  return loaded(path, address);
}

/**
 * QEMU's arguments for a file whose bytes are in guest memory at power-on.
 *
 * @param path absolute
 * @param address guest physical
 */
export function loaded(path: string, address: number): readonly string[] {
  return ['-device', `loader,file=${escaped(path)},addr=0x${address.toString(16)},force-raw=on`];
}

/** The guest reaches nothing; the kernel chooses the port by which the host reaches its SSH. */
function network(): readonly string[] {
  return [
    ...['-netdev', 'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'],
    ...['-device', `virtio-net-pci,netdev=net0,mac=${MAC},romfile=`],
  ];
}

function entropy(): readonly string[] {
  return ['-device', 'virtio-rng-pci'];
}

/** Without the serial port, COM1 would vanish from the DSDT, which is measured. */
function control({ qmp, serial }: ControlSockets): readonly string[] {
  return [
    ...['-chardev', `socket,id=serial,path=${escaped(serial)}`, '-serial', 'chardev:serial'],
    ...['-chardev', `socket,id=qmp,path=${escaped(qmp)}`, '-mon', 'chardev=qmp,mode=control'],
  ];
}

/** QEMU splits options at commas; a comma of the value is written twice. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}

function required(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new TypeError('the machine needs a file that this run has not made');
}
