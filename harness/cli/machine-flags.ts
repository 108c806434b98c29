import type { AcceleratorRequest } from '../vm/accelerator.ts';

/** Options of every command that runs a VM. */
export type MachineFlags = {
  readonly accel: AcceleratorRequest;
  readonly tools: 'toolbox' | 'host';
};

/** Options of `cvm conformance`. */
export type ConformanceFlags = MachineFlags & {
  readonly suite?: readonly string[];
  readonly requirement?: readonly string[];
  readonly profile: 'emulated' | 'kvm' | 'sev-snp';
  readonly seed: number;
  readonly flips: number;
  readonly results?: string;
  readonly json?: true;
};
