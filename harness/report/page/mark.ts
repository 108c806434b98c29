import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { State } from '../../judge/finding.ts';

const MARKS: Readonly<Record<State, string>> = {
  pass: '✓',
  fail: '✗',
  vacuous: '✗',
  flaky: '✗',
  error: '!',
  skip: '–',
  'not-tested': '–',
};

/** A state as mark and word: the colour is not the only sign. */
export function mark(state: State): VNode {
  return html`<span class="mark ${state}"><span aria-hidden="true">${MARKS[state]}</span> ${state}</span>`;
}

/** That something is as it should be, in the least room. */
export function tick(): VNode {
  return html`<span class="tick" role="img" aria-label="pass">${MARKS.pass}</span>`;
}

/** Whether a state is one that somebody should look into. */
export function isBad(state: State): boolean {
  return state === 'fail' || state === 'vacuous' || state === 'flaky' || state === 'error';
}
