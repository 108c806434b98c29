import { constants } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findVerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import type { GuestAccess } from '../../harness/guest/ssh-connection.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import { openFileSystem } from '../../harness/images/file-system-image.ts';
import type { ImageVariants } from '../../harness/images/variants.ts';
import type { BootedRoot, ChangedBoot } from '../../harness/judge/judge-changed-boot.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { type LaunchContext, launch } from '../../harness/vm/qemu.ts';
import type { RunningVm } from '../../harness/vm/running-vm.ts';
import { VM_LOGS } from '../../harness/vm/vm-run.ts';
import { shareOf } from '../admission.ts';
import { IMAGES } from '../images.ts';
import { ONE_BANK } from '../one-bank.ts';
import { changedBootOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import { Workshop } from '../workshop.ts';
import { type BootCase, TELLING } from './boot-case.ts';
import { BOOT_CASES } from './boot-cases.ts';
import { bootedRoot } from './booted-root.ts';
import { ChangeableDisk } from './disk-changes.ts';
import { endOfBoot } from './end-of-boot.ts';
import { type Base, COCO_READ, expectedRoot, forecastOf } from './expected-boot.ts';
import { KernelStarts } from './kernel-starts.ts';
import { knownPlaces } from './known-places.ts';
import { OtherDisks } from './other-disks.ts';
import type { ChangeContext } from './toolbox-shell.ts';

/** What a case came to. */
export type BootRun = ChangedBoot & {
  readonly console: readonly string[];
  /** What the guest should say of its root, and what it says, where it came up. */
  readonly root?: { readonly expected: BootedRoot; readonly observed: BootedRoot };
};

/** The disk of a case: the path of what it is a copy of, and its own. */
type CaseDisk = Base & { readonly from: string; readonly path: string };

/** The boots that something is changed for: each is made once, and the unchanged one is the twin of all. */
export class BootRuns implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  readonly #workshop: Workshop;
  readonly #runs = new Map<string, Promise<BootRun>>();
  #base: Promise<Base> | undefined;
  readonly #starts: KernelStarts;

  /** @param admission lets VMs in */
  constructor(setting: Setting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.#starts = new KernelStarts(setting.cache);
    this.#workshop = new Workshop(new Stock(setting.stock), { reaper: this.#reaper });
  }

  /**
   * The boot of a case, made now where it was not made before.
   *
   * @throws StageTimeout where it hangs; InfraError where QEMU, swtpm, SSH or a tool broke; the signal's
   *   reason
   */
  of(name: string, signal: AbortSignal): Promise<BootRun> {
    const run = this.#runs.get(name) ?? this.#run(name, signal);
    this.#runs.set(name, run);
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #run(name: string, signal: AbortSignal): Promise<BootRun> {
    const one = BOOT_CASES[name];
    if (one === undefined) throw new TypeError(`no case ${name}`);
    const base = await this.#basis();
    const share = shareOf(await this.#machine(name, base.disk));
    using _place = await this.#admission.enter({ ...share, signal });
    await using home = await RunDirectory.create(this.#reaper);
    const path = home.file('disk.raw');
    const from = one.disk === undefined ? base.disk : await one.disk(this.#disks, TELLING);
    await copyFile(from, path, constants.COPYFILE_FICLONE);
    await this.#change(one, base, path);
    const forecast = await forecastOf(one, base, path);
    const directory = join(this.#setting.run, changedBootOf(name));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const context = this.#context(directory, signal);
    const { observed, root } = await this.#boot(name, one, { ...base, from, path }, context);
    const console = await readFile(join(directory, VM_LOGS.console), 'utf8');
    return { what: one.what, forecast, observed, console: console.split('\n'), ...root };
  }

  async #boot(name: string, one: BootCase, base: CaseDisk, context: LaunchContext) {
    await using vm = await this.#start(name, one, base, context);
    const observed = await endOfBoot(vm, one.until ?? 'ssh', one.machine !== undefined);
    if (observed.end !== 'booted' || one.until !== undefined) return { observed };
    // From now on what the kernel refuses is an answer to the guest, and no end of the boot.
    vm.stages.complete();
    const said = await vm.during((signal) => this.#ask(vm, one, signal));
    await writeFile(join(context.logs, ROOT_FILE), `${JSON.stringify(said, null, 1)}\n`);
    return { observed, root: { root: { expected: expectedRoot(one, base), observed: said } } };
  }

  /** From where the kernel has not read the disk yet, unless the firmware is to see the change. */
  async #start(
    name: string,
    one: BootCase,
    { partitions, places, from, path }: CaseDisk,
    context: LaunchContext,
  ): Promise<RunningVm> {
    const machine = await this.#machine(name, path, one.secureBoot);
    if (one.isFromPowerOn) return await launch(machine, context);
    const start = await this.#machine('start', from, one.secureBoot);
    const sector = one.unreadable && partitions.data.offset / 512 + one.unreadable(places);
    return await this.#starts.goOn(start, machine.boot, { ...context, unreadableSector: sector });
  }

  async #ask(vm: RunningVm, one: BootCase, signal: AbortSignal): Promise<BootedRoot> {
    await using ssh = await GuestSsh.connect(vm.sshPort, this.#access, signal);
    return await bootedRoot(ssh, (one.reads ?? COCO_READ).path, one.seenBy, signal);
  }

  #basis(): Promise<Base> {
    this.#base ??= this.#makeBasis();
    return this.#base;
  }

  async #makeBasis(): Promise<Base> {
    const disk = await this.#disks.withWords(TELLING);
    using source = await openSource(disk);
    const partitions = findVerityPartitions(source);
    const { offset, size } = partitions.data;
    const tools = this.#setting.stock.toolbox;
    const image = openFileSystem({ source, offset, size }, tools, this.#reaper);
    return { disk, partitions, places: await knownPlaces(source, partitions, image) };
  }

  get #variants(): ImageVariants {
    return this.#workshop.variants(IMAGES.ukiVerity);
  }

  get #disks(): OtherDisks {
    return new OtherDisks(this.#variants, this.#tools);
  }

  get #tools(): ChangeContext {
    return { tools: this.#setting.stock.toolbox, reaper: this.#reaper };
  }

  async #change(one: BootCase, { disk, places }: Base, path: string): Promise<void> {
    using original = await openSource(disk);
    using changed = new ChangeableDisk(path, original, findVerityPartitions(original), this.#tools);
    await one.change(changed, places);
  }

  async #machine(name: string, path: string, secureBoot = false): Promise<Machine> {
    const { code, vars } = this.#workshop.stock.firmware('2025.02', 'secure-boot');
    if (vars === null) throw new TypeError('the build has no variable store');
    const store = secureBoot ? await this.#variants.enrolled(vars) : vars.path;
    return Machine.parse({
      name,
      firmware: { kind: 'pflash', code: code.path, vars: store, smm: true },
      boot: { kind: 'disk', format: 'raw', path },
      vcpus: 1, // two such guests side by side are through sooner than two of two processors in turn
      tpm: ONE_BANK,
    });
  }

  get #access(): GuestAccess {
    return this.#variants.access;
  }

  #context(logs: string, signal: AbortSignal): LaunchContext {
    const announced = ['initrd', 'root', 'ssh'] as const;
    return { ...this.#setting, reaper: this.#reaper, announced, logs, signal };
  }
}

/** Name of the file among a boot's evidence with what the guest says of its root. */
export const ROOT_FILE = 'root.json';
