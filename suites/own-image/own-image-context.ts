import type { ToolRun } from '../../harness/host/run-tool.ts';
import type { Tools } from '../../harness/host/tools.ts';
import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';

/** What an image of somebody's own is judged with. */
export type OwnImageContext = {
  readonly firmware: readonly FirmwareBuild[];
  /** The toolbox makes variable stores and raw disks. */
  readonly toolbox: Extract<Tools, { kind: 'toolbox' }>;
  /** Absolute path of the directory that keeps what is made. */
  readonly inputs: string;
  readonly run: Omit<ToolRun, 'deadlineMs'>;
};
