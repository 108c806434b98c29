import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Finding } from '../../judge/finding.ts';
import { evidenceFolder } from '../evidence-folder.ts';
import type { JudgedRequirement } from '../result.ts';
import { evidenceLink } from './evidence-link.ts';
import { isBad, mark } from './mark.ts';
import type { PageInput } from './page-input.ts';

/** More findings of one requirement say nothing new; the requirement itself lists all of them. */
const MOST_OF_ONE = 5;

/** What does not hold, with all that is needed to look into it. */
export function failuresSection(input: PageInput): VNode | null {
  const bad = input.result.requirements.filter(({ state }) => isBad(state));
  if (bad.length === 0) return null;
  return html`<section id="failures" aria-labelledby="failures-title">
    <h2 id="failures-title">What does not hold</h2>
    ${bad.map((requirement) => failure(requirement, input))}
  </section>`;
}

function failure(
  { id, level, sentence, state, findings }: JudgedRequirement,
  input: PageInput,
): VNode {
  const telling = findings.filter((finding) => isBad(finding.state));
  const more = telling.length - MOST_OF_ONE;
  return html`<article class="failure">
    <h3>${mark(state)} <a href="#${id}">${id}</a> <span class="level">${level}</span></h3>
    <p>${sentence}</p>
    ${telling.slice(0, MOST_OF_ONE).map((finding) => findingBlock(finding, input))}
    ${more > 0 ? html`<p>${more} more under <a href="#${id}">${id}</a>.</p>` : null}
  </article>`;
}

function findingBlock(finding: Finding, { result, consoles, missing }: PageInput): VNode {
  const { machine, sentence, expected, observed, witness, evidence, reproduce } = finding;
  const consoleEnd = consoles.get(evidenceFolder(finding, result) ?? '') ?? [];
  return html`<div class="finding">
    <p><b>${machine ?? 'no machine'}</b>: ${sentence}</p>
    <dl class="sides">
      <div><dt>expected</dt><dd><code>${expected}</code></dd></div>
      <div class="lit"><dt>observed (${witness})</dt><dd><code>${observed}</code></dd></div>
    </dl>
    ${evidence === null ? null : html`<p>Evidence: ${evidenceLink(evidence, missing)}</p>`}
    ${reproduce === null ? null : html`<p>Again: <code class="command">${reproduce}</code></p>`}
    ${
      consoleEnd.length === 0
        ? null
        : html`<details><summary>The last lines of its console</summary><pre>${consoleEnd.join('\n')}</pre></details>`
    }
  </div>`;
}
