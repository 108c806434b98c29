import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Result } from '../result.ts';
import { mark } from './mark.ts';

type Table = NonNullable<Result['tables']>[number];

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
    <tbody>${rows.map(
      (row) => html`<tr>
        ${row.heads.map((head) => html`<th scope="row">${head}</th>`)}
        ${row.cells.map(cellBlock)}
      </tr>`,
    )}</tbody>
  </table></div>`;
}

function cellBlock({ predicted, observed, state }: Table['rows'][number]['cells'][number]): VNode {
  const same = predicted === observed;
  return html`<td class="cell ${state}">
    ${mark(state)}<br />
    ${same ? (observed ?? '–') : html`forecast ${predicted ?? '–'}<br />observed ${observed ?? '–'}`}
  </td>`;
}
