import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Finding } from '../../judge/finding.ts';
import { chaptersOf } from '../chapters.ts';
import type { JudgedRequirement } from '../result.ts';
import { evidenceLink } from './evidence-link.ts';
import { isBad, mark } from './mark.ts';
import type { PageInput } from './page-input.ts';
import { stateBar } from './state-bar.ts';

/** Every requirement by chapter, each to be opened for its findings. What nobody looked at is folded up. */
export function requirementsSection({ result, missing }: PageInput): VNode {
  return html`<section id="requirements" aria-labelledby="requirements-title">
    <h2 id="requirements-title">Requirements</h2>
    ${chaptersOf(result).map(({ chapter, requirements }) => {
      const passed = requirements.filter(({ state }) => state === 'pass').length;
      const isTested = requirements.some(({ state }) => state !== 'not-tested');
      return html`<details class="chapter" open=${isTested}>
        <summary><h3>${chapter}</h3> <span class="count">${passed} of ${requirements.length} passed</span> ${stateBar(requirements)}</summary>
        <div class="requirements">${requirements.map((one) => requirementRow(one, missing))}</div>
      </details>`;
    })}
  </section>`;
}

function requirementRow(requirement: JudgedRequirement, missing: PageInput['missing']): VNode {
  const { id, level, sentence, citation, shownBy, state, findings } = requirement;
  return html`<details id=${id} class="requirement" open=${isBad(state)}>
    <summary>${mark(state)}<b>${id}</b><span class="level">${level}</span><span>${sentence}${whySkipped(requirement)}</span></summary>
    <dl class="facts">
      <div><dt>asked for by</dt><dd>${citation}</dd></div>
      <div><dt>shown by</dt><dd>${shownBy}</dd></div>
    </dl>
    ${findings.length === 0 ? html`<p>Nothing was judged.</p>` : findingsTable(findings, missing)}
  </details>`;
}

function whySkipped({ state, findings }: JudgedRequirement): VNode | null {
  const why = state === 'skip' ? findings.find((finding) => finding.state === 'skip') : undefined;
  return why === undefined ? null : html`<br /><span class="count">${why.sentence}</span>`;
}

function findingsTable(findings: readonly Finding[], missing: PageInput['missing']): VNode {
  return html`<div class="wide"><table>
    <thead><tr><th scope="col">state</th><th scope="col">machine</th><th scope="col">finding</th><th scope="col">evidence</th></tr></thead>
    <tbody>${findings.map((one) => findingRow(one, missing))}</tbody>
  </table></div>`;
}

function findingRow(finding: Finding, missing: PageInput['missing']): VNode {
  const { machine, state, sentence, evidence, reproduce } = finding;
  return html`<tr>
    <td>${mark(state)}</td>
    <td>${machine ?? '–'}</td>
    <td>${sentence}${isBad(state) && reproduce !== null ? html`<br /><code class="command">${reproduce}</code>` : null}</td>
    <td>${evidence === null ? '–' : evidenceLink(evidence, missing)}</td>
  </tr>`;
}
