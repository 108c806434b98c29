import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { STATES } from '../../judge/finding.ts';
import type { JudgedRequirement } from '../result.ts';

/** How many requirements came to each state, as a bar; the numbers stand beside it in words. */
export function stateBar(requirements: readonly Pick<JudgedRequirement, 'state'>[]): VNode | null {
  if (requirements.length === 0) return null;
  const states = requirements.map(({ state }) => STATES.indexOf(state)).toSorted((a, b) => a - b);
  return html`<svg class="states" viewBox="0 0 ${states.length} 1" preserveAspectRatio="none" aria-hidden="true">
    ${[...Map.groupBy(states.keys(), (at) => states[at])].map(
      ([state, [first, ...others]]) =>
        html`<rect class=${STATES[state ?? 0]} x=${first} y="0" width=${1 + others.length} height="1" />`,
    )}
  </svg>`;
}
