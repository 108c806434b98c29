import type { Reaper } from '../host/reaper.ts';
import type { RunDirectory } from '../host/run-directory.ts';
import type { Tools } from '../host/tools.ts';

/** What a vTPM needs of the run that it belongs to. */
export type SwtpmContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly directory: RunDirectory;
  readonly signal?: AbortSignal | undefined;
};
