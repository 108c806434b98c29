import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Result } from '../result.ts';
import { mark, tick } from './mark.ts';

type Table = NonNullable<Result['tables']>[number];
type TableRow = Table['rows'][number];
type TableCell = TableRow['cells'][number];

/** Digits of a digest that are shown. */
const DIGEST_START = 16;

/** Tables that suites have added: what was computed and what was seen, side by side. */
export function tablesSection({ tables = [] }: Pick<Result, 'tables'>): VNode | null {
  if (tables.length === 0) return null;
  return html`<section id="tables" aria-labelledby="tables-title">
    <h2 id="tables-title">Side by side</h2>
    ${tables.map(tableBlock)}
  </section>`;
}

function tableBlock({ id, caption, heads, columns, rows }: Table): VNode {
  return html`<div class="wide"><table id="table-${id}">
    <caption>${caption}</caption>
    <thead><tr>${[...heads, ...columns].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows.map((row, at) => {
      const same = sameHeads(row, rows[at - 1]);
      return html`<tr>
        ${row.heads.map((head, column) => html`<th scope="row" class=${column < same ? 'again' : ''}>${head}</th>`)}
        ${row.cells.map(cellBlock)}
      </tr>`;
    })}</tbody>
  </table></div>`;
}

/** How many heads from the first on say the same as in the row above. */
function sameHeads({ heads }: TableRow, above: TableRow | undefined): number {
  const first = heads.findIndex((head, column) => head !== above?.heads[column]);
  return first < 0 ? heads.length : first;
}

/** Where nothing was computed, what was seen is no agreement, and has no mark but a bad one. */
function cellBlock({ predicted, observed, state }: TableCell): VNode {
  if (predicted === null && state === 'pass') return html`<td class="cell">${said(observed)}</td>`;
  if (predicted === observed && state === 'pass') {
    return html`<td class="cell">${tick()} ${said(observed)}</td>`;
  }
  return html`<td class="cell ${state}">
    ${mark(state)}
    ${predicted === observed ? html`<br />${said(observed)}` : html`<br />forecast ${said(predicted)}<br />observed ${said(observed)}`}
  </td>`;
}

/** Enough of a digest to tell it from others at a glance; all of it is in its title. */
function said(text: string | null): VNode | string {
  if (text === null) return '–';
  if (!/^[0-9a-f]{40,}$/.test(text)) return text;
  return html`<code title=${text}>${text.slice(0, DIGEST_START)}…</code>`;
}
