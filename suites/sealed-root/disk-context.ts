import type { ToolRun } from '../../harness/host/run-tool.ts';
import type { Tools } from '../../harness/host/tools.ts';
import type { DiskImage } from '../../harness/images/reference-image.ts';

/** What disks and stores are made with. */
export type DiskContext = {
  readonly image: DiskImage;
  /** Absolute path of a private directory. */
  readonly directory: string;
  /** Absolute path of what is kept between runs. */
  readonly cache: string;
  readonly tools: Tools;
  readonly run: Omit<ToolRun, 'deadlineMs'>;
};
