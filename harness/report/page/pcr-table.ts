import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Digests } from '../../measure/bank.ts';
import type { MeasuredEvent } from '../../measure/event.ts';
import type { BankValue, EventPair, PcrComparison } from './pcr-comparison.ts';

/** As much of a digest as tells it from others at a glance; all of it is in its title. */
const DIGEST_START = 16;

/** Long descriptions are cut; the event log has all of them. */
const LONGEST_DESCRIPTION = 160;

const WORDS: Readonly<Record<PcrComparison['outcome'], string>> = {
  equal: 'as forecast',
  different: 'DIFFERS',
  unknown: 'no forecast',
};

/** The same of several, in the order in which they matter. */
const COUNTED = [
  ['different', 'DIFFER'],
  ['equal', 'as forecast'],
  ['unknown', 'without a forecast'],
] as const;

/** Forecast against observation, a PCR each, to be opened for its events. */
export function pcrTable(pcrs: readonly PcrComparison[]): VNode {
  const outcomes = Map.groupBy(pcrs, ({ outcome }) => outcome);
  const counts = COUNTED.flatMap(([outcome, words]) => {
    const alike = outcomes.get(outcome)?.length ?? 0;
    return alike === 0 ? [] : [`${alike} ${words}`];
  });
  return html`<details class="pcrs" open=${outcomes.has('different')}>
    <summary>PCRs, forecast and observed: ${counts.join(', ')}</summary>
    ${pcrs.map(pcrRow)}
  </details>`;
}

function pcrRow({ pcr, outcome, values, events }: PcrComparison): VNode {
  return html`<details class="pcr ${outcome}" open=${outcome === 'different'}>
    <summary><b>PCR ${pcr}</b> <span class="outcome">${WORDS[outcome]}</span> <span class="count">${events.length} ${events.length === 1 ? 'event' : 'events'}</span></summary>
    <dl class="values">${values.map(valueRow)}</dl>
    ${events.length === 0 ? html`<p>It was not extended.</p>` : eventTable(events)}
  </details>`;
}

function valueRow({ bank, predicted, observed }: BankValue): VNode {
  const same = predicted === observed;
  return same
    ? html`<div><dt>${bank}</dt><dd><code>${observed}</code></dd></div>`
    : html`<div class="lit"><dt>${bank}</dt><dd>forecast <code>${predicted ?? 'none'}</code><br />observed <code>${observed ?? 'none'}</code></dd></div>`;
}

function eventTable(events: readonly EventPair[]): VNode {
  return html`<div class="wide"><table class="events">
    <thead><tr><th scope="col">#</th><th scope="col">event</th><th scope="col">forecast</th><th scope="col">observed</th></tr></thead>
    <tbody>${events.map(
      ({ predicted, observed, same }, index) => html`<tr class=${same ? 'same' : 'lit'}>
        <td>${index}</td>
        <td>${words(predicted, observed)}</td>
        <td>${digest(predicted)}</td>
        <td>${digest(observed)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

/** What both are, or each of them where they are not the same. */
function words(predicted: MeasuredEvent | null, observed: MeasuredEvent | null): VNode {
  const event = observed ?? predicted;
  if (event === null) return html``;
  const isOther =
    predicted !== null && observed !== null && predicted.description !== observed.description;
  return html`<span class="type">${event.type}</span> ${cut(event.description)}${
    isOther ? html`<br /><span class="count">forecast: ${cut(predicted.description)}</span>` : null
  }`;
}

function cut(text: string): string {
  return text.length > LONGEST_DESCRIPTION ? `${text.slice(0, LONGEST_DESCRIPTION)}…` : text;
}

function digest(event: MeasuredEvent | null): VNode {
  const shown = event === null ? undefined : shownDigest(event.digests);
  return shown === undefined
    ? html`<span class="none">none</span>`
    : html`<code title=${shown}>${shown.slice(0, DIGEST_START)}…</code>`;
}

function shownDigest({ sha256, sha384, sha512, sha1 }: Digests): string | undefined {
  return sha256 ?? sha384 ?? sha512 ?? sha1;
}
