import type { ProcessGroup } from './process-group.ts';

/** Something that must not outlive the harness. */
export type ReaperTarget =
  | ({ readonly kind: 'group' } & ProcessGroup)
  | { readonly kind: 'directory'; readonly path: string };

/** A line on the pipe to the reaper: something to watch from now on, or no longer. */
export type ReaperOrder = { readonly order: 'watch' | 'forget'; readonly target: ReaperTarget };
