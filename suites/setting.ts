import type { GuestAccess } from '../harness/guest/ssh-connection.ts';
import type { Tools } from '../harness/host/tools.ts';
import type { Finding } from '../harness/judge/finding.ts';
import type { Machine } from '../harness/machine/machine.ts';
import type { ResultTable } from '../harness/report/table.ts';
import type { StageName } from '../harness/vm/boot-stages.ts';
import type { Accelerator } from '../harness/vm/qemu-arguments.ts';
import type { StockList } from './stock.ts';

/** A machine of the suites, and who may log in to it. */
export type SuiteMachine = {
  readonly machine: Machine;
  readonly access: GuestAccess;
  /** The boot stages that it is sure to show on its console. */
  readonly announced: readonly StageName[];
};

/** What a run hands to the suites: plain data, because it crosses into their worker. */
export type Setting = BootSetting & {
  /** What the host lacks for SNP guests, a sentence's worth each; none where they can be started. */
  readonly missingForSnp: readonly string[];
  /** Flips beneath a running guest: how many, and what they are drawn from. */
  readonly campaign: { readonly flips: number; readonly seed: number };
};

/** What boots are made with. */
export type BootSetting = {
  /** Directory of the run; dossiers go below it. */
  readonly run: string;
  readonly tools: Tools;
  readonly accelerator: Accelerator;
  readonly cache: string;
  readonly toolVersions: Readonly<Record<string, string>>;
  readonly stock: StockList;
  /** How many VMs run at once, at most. */
  readonly jobs: number;
  /** How long machines took to boot before, in seconds, as far as known. */
  readonly seconds: Readonly<Record<string, number>>;
};

/** Directory of a machine's dossier, relative to the run's directory. */
export function dossierOf(machine: string): string {
  return `dossiers/${machine}`;
}

/** File of what was forecast of a machine's boot, relative to the run's directory. */
export function predictionOf(machine: string): string {
  return `predictions/${machine}.json`;
}

/** Directory of what a run of the firmware alone left, relative to the run's directory. */
export function firmwareRunOf(machine: string): string {
  return `firmware/${machine}`;
}

/** Directory of what a requirement saw on a fork of a machine, relative to the run's directory. */
export function forkOf(machine: string, requirement: string): string {
  return `forks/${requirement}-${machine}`;
}

/** Directory of a boot that something was changed for, relative to the run's directory. */
export function changedBootOf(machine: string): string {
  return `changed-boots/${machine}`;
}

/** What a boot of the suites came to, as the run's result lists it. */
export type SuiteBoot = {
  readonly machine: string;
  readonly stages: readonly { readonly stage: string; readonly atMs: number }[];
  /** From the preparation of the VM until nothing of it was left. */
  readonly seconds: number;
  readonly state: 'pass' | 'fail' | 'error' | 'flaky';
};

/** What a suite's worker tells while it runs. */
export type SuiteMessage =
  | {
      readonly kind: 'stage';
      readonly machine: string;
      readonly stage: string;
      readonly atMs: number;
    }
  | { readonly kind: 'step'; readonly text: string }
  | { readonly kind: 'boot'; readonly boot: SuiteBoot };

/** Name of the channel from the suites' worker to the run. */
export const SUITE_CHANNEL = 'cvm-conformance';

declare module 'vitest' {
  interface ProvidedContext {
    setting: Setting;
  }
  interface TaskMeta {
    /** Id of the requirement that a test answers. */
    requirement?: string;
    findings?: readonly Finding[];
    /** Tables of the result, or rows of them. */
    tables?: readonly ResultTable[];
    /** Names of the machines that a test boots or forks; known before it runs. */
    machines?: readonly string[];
  }
}
