import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Finding } from '../../judge/finding.ts';
import { chaptersOf } from '../chapters.ts';
import type { JudgedRequirement, Result } from '../result.ts';
import { evidenceLink } from './evidence-link.ts';
import { isBad, mark } from './mark.ts';

/** Every requirement by chapter, each to be opened for its findings. */
export function requirementsSection(result: Result): VNode {
  return html`<section id="requirements" aria-labelledby="requirements-title">
    <h2 id="requirements-title">Requirements</h2>
    ${chaptersOf(result).map(({ chapter, requirements }) => {
      const passed = requirements.filter(({ state }) => state === 'pass').length;
      return html`<h3>${chapter} <span class="count">${passed} of ${requirements.length} passed</span></h3>
        <div class="requirements">${requirements.map(requirementRow)}</div>`;
    })}
  </section>`;
}

function requirementRow(requirement: JudgedRequirement): VNode {
  const { id, level, sentence, citation, shownBy, state, findings } = requirement;
  return html`<details id=${id} class="requirement" open=${isBad(state)}>
    <summary>${mark(state)}<b>${id}</b><span class="level">${level}</span><span>${sentence}</span></summary>
    <dl class="facts">
      <div><dt>asked for by</dt><dd>${citation}</dd></div>
      <div><dt>shown by</dt><dd>${shownBy}</dd></div>
    </dl>
    ${findings.length === 0 ? html`<p>Nothing was judged.</p>` : findingsTable(findings)}
  </details>`;
}

function findingsTable(findings: readonly Finding[]): VNode {
  return html`<div class="wide"><table>
    <thead><tr><th scope="col">state</th><th scope="col">machine</th><th scope="col">finding</th><th scope="col">evidence</th></tr></thead>
    <tbody>${findings.map(findingRow)}</tbody>
  </table></div>`;
}

function findingRow(finding: Finding): VNode {
  const { machine, state, sentence, evidence, reproduce } = finding;
  return html`<tr>
    <td>${mark(state)}</td>
    <td>${machine ?? '–'}</td>
    <td>${sentence}${isBad(state) && reproduce !== null ? html`<br /><code class="command">${reproduce}</code>` : null}</td>
    <td>${evidence === null ? '–' : evidenceLink(evidence)}</td>
  </tr>`;
}
