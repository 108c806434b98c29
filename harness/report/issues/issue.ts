import type { Marker } from './marker.ts';

/** Every issue of ours has this label: they are found by it, and only who may triage can give it. */
export const LABEL = 'cvm-conformance';

/** An issue as a tracker has it. */
export type Issue = {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly title: string;
  readonly body: string;
};

/** An issue of ours, with what it tracks. */
export type OurIssue = Issue & { readonly marker: Marker };

/** What is to be done on a tracker. */
export type Action =
  | {
      readonly kind: 'open';
      readonly title: string;
      readonly body: string;
      readonly labels: readonly string[];
    }
  | {
      /** `duplicate` closes an issue of which there is an older one. */
      readonly kind: 'update' | 'reopen' | 'close' | 'duplicate';
      readonly number: number;
      readonly title: string;
      readonly body: string;
    };

/** Labels of a new issue. */
export function labelsOf({ kind }: Marker): readonly string[] {
  return [LABEL, `cvm-${kind}`];
}
