import type { AcceleratorRequest } from '../vm/accelerator.ts';
import type { PartFlags } from './part-of-run.ts';

/** Options of every command that runs a VM. */
export type MachineFlags = {
  readonly accel: AcceleratorRequest;
  readonly tools: 'toolbox' | 'host';
};

/** Options of `cvm conformance`. */
export type ConformanceFlags = MachineFlags &
  PartFlags & {
    /** An image of the user's own, or the name of a reference image. */
    readonly image?: string;
    readonly initrd?: string;
    readonly cmdline?: string;
    readonly config?: string;
    /** Generation of OVMF that an image of the user's own is booted with. */
    readonly firmware?: string;
    /** Another image, which the first is held against. */
    readonly against?: string;
    readonly againstConfig?: string;
    readonly againstFirmware?: string;
    readonly suite?: readonly string[];
    readonly requirement?: readonly string[];
    readonly profile: 'emulated' | 'kvm' | 'sev-snp';
    readonly seed: number;
    readonly flips: number;
    /** How many VMs at once, at most; as many as the host has cores for where it is not given. */
    readonly jobs?: number;
    readonly results?: string;
    /** Path of an earlier result, which the run is compared with. */
    readonly baseline?: string;
    readonly json?: true;
  };
