import { existsSync, realpathSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import manifest from '../../ovmf/manifest.json' with { type: 'json' };
import { processesWith } from '../host/process-table.ts';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { Machine } from '../machine/machine.ts';
import type { LaunchContext } from './qemu.ts';
import type { RunningVm } from './running-vm.ts';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const root = process.env['CVM_TOOLBOX'] ?? `${CACHE}/toolbox/current`;

/** Where the plain OVMF may be: as set-up keeps it, or in a toolbox that has the package. */
const FIRMWARE = [
  ...manifest.builds
    .filter(({ variant }) => variant === 'plain')
    .map(({ code }) => dirname(`${CACHE}/firmware/${code.file}`)),
  `${root}/usr/share/OVMF`,
].find((directory) => existsSync(`${directory}/OVMF_CODE_4M.fd`));

/** The toolbox that tests run QEMU from; `undefined` where it or the firmware is not there. */
export const testToolbox =
  existsSync(`${root}/usr`) && FIRMWARE !== undefined
    ? ({ kind: 'toolbox', root: realpathSync(root) } as const)
    : undefined;

/** What a test is about, and why it is skipped where it is. */
export function needsToolbox(title: string): string {
  return testToolbox === undefined
    ? `${title} (skipped: no toolbox at ${root} or no OVMF; run scripts/setup)`
    : title;
}

/** Firmware takes some 5 s to say that there is nothing to boot; a busy machine takes longer. */
export const BOOT_MS = 120_000;

/** What a test launches VMs with. When it is disposed of, nothing of them may be left. */
export class Bench implements AsyncDisposable {
  readonly context: LaunchContext;
  /** The toolbox's plain OVMF, and an empty disk. */
  readonly machine: Machine;
  readonly #undo: AsyncDisposableStack;

  private constructor(reaper: Reaper, scratch: RunDirectory, undo: AsyncDisposableStack) {
    this.context = {
      tools: testToolbox ?? { kind: 'host' },
      accelerator: 'tcg',
      reaper,
      logs: scratch.file('logs'),
      cache: scratch.path,
    };
    this.machine = ovmfMachine(scratch.file('an empty, but large, disk.raw'));
    this.#undo = undo;
  }

  static async open(): Promise<Bench> {
    const undo = new AsyncDisposableStack();
    const reaper = undo.use(Reaper.start());
    undo.defer(() => {
      for (const [name, mark] of Object.entries(reaper.environment)) {
        expect(processesWith(`${name}=${mark}`)).toEqual([]);
      }
    });
    const scratch = undo.use(await RunDirectory.create(reaper));
    return new Bench(reaper, scratch, undo);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync();
  }
}

/** The directory that a VM has for itself. */
export function runDirectoryOf(vm: RunningVm): string {
  return dirname(dirname(vm.tpm.socket));
}

/** QEMU itself, whatever it is wrapped in: its temporary files are in its run directory. */
export function qemusIn(runDirectory: string): readonly number[] {
  return processesWith(`TMPDIR=${runDirectory}`);
}

function ovmfMachine(disk: string): Machine {
  writeFileSync(disk, '');
  truncateSync(disk, 1 << 20);
  return Machine.parse({
    name: 'ovmf-alone',
    firmware: {
      kind: 'pflash',
      code: `${FIRMWARE}/OVMF_CODE_4M.fd`,
      vars: `${FIRMWARE}/OVMF_VARS_4M.fd`,
      smm: false,
    },
    boot: { kind: 'disk', path: disk, format: 'raw' },
  });
}
