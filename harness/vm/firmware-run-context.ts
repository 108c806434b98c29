import type { Reaper } from '../host/reaper.ts';
import type { Tools } from '../host/tools.ts';
import type { Accelerator } from './qemu-arguments.ts';

/** What a firmware is run with, besides its machine. */
export type FirmwareRunContext = {
  readonly tools: Tools;
  readonly accelerator: Accelerator;
  readonly reaper: Reaper;
  /** Directory that keeps the calibration between runs. */
  readonly cache: string;
  readonly signal?: AbortSignal | undefined;
};
