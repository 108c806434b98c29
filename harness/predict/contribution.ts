import type { ExpectedEvent } from '../measure/event.ts';
import type { Unpredictable } from './prediction.ts';

/** What one step of the boot adds to the forecast. */
export type Contribution = {
  /** Events that are known, in the order in which they are extended. */
  readonly events: readonly ExpectedEvent[];
  /** PCRs that the step extends with something that cannot be known. */
  readonly unpredictable: readonly Unpredictable[];
};

/** A step whose events are all known. */
export function known(...events: readonly ExpectedEvent[]): Contribution {
  return { events, unpredictable: [] };
}

/** A step that extends PCRs with something that cannot be known. */
export function unknown(pcrs: readonly number[], reason: string): Contribution {
  return { events: [], unpredictable: pcrs.map((pcr) => ({ pcr, reason })) };
}

/** Steps one after the other. */
export function inOrder(...steps: readonly Contribution[]): Contribution {
  return {
    events: steps.flatMap(({ events }) => events),
    unpredictable: steps.flatMap(({ unpredictable }) => unpredictable),
  };
}
