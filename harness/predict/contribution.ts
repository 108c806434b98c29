import type { ExpectedEvent } from '../measure/event.ts';
import type { Basis, PredictedEvent, Unpredictable } from './prediction.ts';

/** What one step of the boot adds to the forecast. */
export type Contribution = {
  /** Events that are known, in the order in which they are extended. */
  readonly events: readonly PredictedEvent[];
  /** PCRs that the step extends with something that cannot be known. */
  readonly unpredictable: readonly Unpredictable[];
};

/** A step whose events follow from files and from QEMU's own tables. */
export function computed(...events: readonly ExpectedEvent[]): Contribution {
  return resting('computed', events);
}

/** A step whose bytes were taken from a firmware that ran. */
export function learned(...events: readonly ExpectedEvent[]): Contribution {
  return resting('learned', events);
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

function resting(basis: Basis, events: readonly ExpectedEvent[]): Contribution {
  return { events: events.map((event) => ({ ...event, basis })), unpredictable: [] };
}
