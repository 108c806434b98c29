import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchReport, REPORT_DATA_BYTES } from '../../harness/guest/attestation-report.ts';
import { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import { firstError, InfraError } from '../../harness/host/errors.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { runTool } from '../../harness/host/run-tool.ts';
import { toolCommand } from '../../harness/host/tools.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { launch } from '../../harness/vm/qemu.ts';
import { type Accelerator, QEMU } from '../../harness/vm/qemu-arguments.ts';
import type { BootSetting, SuiteMachine } from '../setting.ts';
import type { SignedIdBlock } from './id-blocks.ts';

const HELP_MS = 20_000;

/** Directory of what the suite leaves, relative to the run's directory. */
export const LAUNCH_DIRECTORY = 'launch';

/** Names of its files. */
export const LAUNCH_FILES = {
  digests: 'digests.json',
  help: 'sev-snp-guest-help.txt',
  idBlocks: 'id-blocks.json',
  /** What the host lacks. */
  missing: 'missing.txt',
} as const;

/** A report, and what the guest was told to pass on in it. */
export type GuestReport = { readonly report: Uint8Array; readonly reportData: Uint8Array };

/** SNP guests of a run, where the host can start them, and what QEMU says of them where it cannot. */
export class SnpGuests implements AsyncDisposable {
  readonly #setting: BootSetting;
  readonly #guest: SuiteMachine;
  readonly #reaper = Reaper.start();
  readonly #directory: string;
  readonly #reports = new Map<string, Promise<GuestReport>>();

  /** @param guest how the guests are talked to */
  constructor(setting: BootSetting, guest: SuiteMachine) {
    this.#setting = setting;
    this.#guest = guest;
    this.#directory = join(setting.run, LAUNCH_DIRECTORY);
  }

  /** What QEMU prints of the properties of an SNP guest. */
  async help(signal: AbortSignal): Promise<string> {
    const command = toolCommand(this.#setting.tools, QEMU, ['-object', 'sev-snp-guest,help']);
    const run = { reaper: this.#reaper, deadlineMs: HELP_MS, signal };
    const text = await runTool(command, run);
    await this.keep(LAUNCH_FILES.help, text);
    return text;
  }

  /**
   * Launches a machine that is expected not to start.
   *
   * @returns QEMU's last lines; `undefined` where the guest was started
   */
  async refusal(
    machine: Machine,
    accelerator: Accelerator,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const lines = await this.#launch(machine, accelerator, signal, async () => undefined).catch(
      (error: unknown) => {
        const cause = firstError(error);
        if (cause instanceof InfraError && cause.tool === QEMU) return cause.lastLines;
        throw error;
      },
    );
    await this.keep(`${machine.name}.log`, `${(lines ?? ['started']).join('\n')}\n`);
    return lines;
  }

  /** The report of a machine's guest, fetched now where it was not fetched before. */
  report(machine: Machine, signal: AbortSignal): Promise<GuestReport> {
    const report = this.#reports.get(machine.name) ?? this.#fetch(machine, signal);
    this.#reports.set(machine.name, report);
    return report;
  }

  /** Launches a machine, and has its guest do something. */
  ask<T>(
    machine: Machine,
    signal: AbortSignal,
    act: (guest: GuestSsh, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#launch(machine, 'kvm', signal, act);
  }

  /** Writes evidence. */
  async keep(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#directory, name), content);
  }

  /** A copy of the machine's firmware with one byte changed that nothing executes. */
  async otherFirmware(machine: Machine): Promise<Machine> {
    if (machine.firmware.kind !== 'bios') throw new TypeError('an SNP guest has one image');
    const bytes = await readFile(machine.firmware.image);
    const at = bytes.indexOf(PADDING);
    if (at < 0) throw new TypeError(`${machine.firmware.image} has no padding`);
    bytes[at + PADDING.length / 2] = 0xfe;
    const name = `${machine.name}-other-firmware`;
    await this.keep(`${name}.fd`, bytes);
    const image = join(this.#directory, `${name}.fd`);
    return { ...machine, name, firmware: { kind: 'bios', image } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #fetch(machine: Machine, signal: AbortSignal): Promise<GuestReport> {
    const reportData = randomBytes(REPORT_DATA_BYTES);
    const report = await this.ask(machine, signal, (guest, over) =>
      fetchReport(guest, reportData, over),
    );
    await this.keep(`${machine.name}.report`, report);
    return { report, reportData };
  }

  async #launch<T>(
    machine: Machine,
    accelerator: Accelerator,
    signal: AbortSignal,
    ask: (guest: GuestSsh, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { access, announced } = this.#guest;
    const logs = join(this.#directory, machine.name);
    const context = {
      ...this.#setting,
      accelerator,
      reaper: this.#reaper,
      logs,
      announced,
      signal,
    };
    await using vm = await launch(machine, context);
    await vm.reach('ssh');
    return await vm.during(async (over) => {
      await using ssh = await GuestSsh.connect(vm.sshPort, access, over);
      return await ask(ssh, over);
    });
  }
}

/** Erased flash between the volumes. */
const PADDING = Buffer.alloc(8192, 0xff);

/** A machine whose launch is given an ID block. */
export function withIdBlock(machine: Machine, name: string, block: SignedIdBlock): Machine {
  if (machine.sev === undefined) throw new TypeError(`${machine.name} is no SNP guest`);
  const idBlock = Buffer.from(block.idBlock).toString('base64');
  const idAuth = Buffer.from(block.idAuth).toString('base64');
  return { ...machine, name: `${machine.name}-${name}`, sev: { ...machine.sev, idBlock, idAuth } };
}
