import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Result } from '../result.ts';
import { evidenceLink } from './evidence-link.ts';
import { isBad, mark } from './mark.ts';
import type { PageInput } from './page-input.ts';
import { pcrTable } from './pcr-table.ts';

type Boot = Result['boots'][number];

/** Classes of the colours of stages, in turn. */
const SHADES = 6;

/** The boots of the run: stages by time, and the forecast beside what was observed. */
export function bootsSection({ result, boots, consoles, missing }: PageInput): VNode | null {
  if (result.boots.length === 0) return null;
  const longestMs = Math.max(1, ...result.boots.map(({ seconds }) => seconds * 1000));
  return html`<section id="boots" aria-labelledby="boots-title">
    <h2 id="boots-title">Boots</h2>
    ${result.boots.map((boot) => {
      const evidence = boots.get(boot.name);
      const consoleEnd = consoles.get(boot.dossier) ?? [];
      return html`<article class="boot" id="boot-${boot.name}">
        <h3>${mark(boot.state)} ${boot.name} <span class="count">${boot.seconds.toFixed(1)} s · ${evidenceLink(boot.dossier, missing)}</span></h3>
        ${timeline(boot, longestMs)}
        ${evidence?.problem === undefined ? null : html`<p class="problem">${evidence.problem}</p>`}
        ${evidence === undefined || evidence.pcrs.length === 0 ? null : pcrTable(evidence.pcrs)}
        ${
          isBad(boot.state) && consoleEnd.length > 0
            ? html`<details open><summary>The last lines of its console</summary><pre>${consoleEnd.join('\n')}</pre></details>`
            : null
        }
      </article>`;
    })}
  </section>`;
}

/** A bar as long as the boot took, cut at its stages; the same in words below. */
function timeline({ name, stages, seconds }: Boot, longestMs: number): VNode {
  const endMs = seconds * 1000;
  const parts = stages.map(({ stage, atMs }, index) => {
    const toMs = stages[index + 1]?.atMs ?? Math.max(atMs, endMs);
    return { stage, atMs, toMs, shade: index % SHADES };
  });
  const permille = (ms: number) => ((1000 * ms) / longestMs).toFixed(2);
  return html`<figure class="timeline">
    <svg viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="Stages of ${name}">
      ${parts.map(
        ({ stage, atMs, toMs, shade }) =>
          html`<rect class="shade-${shade}" x=${permille(atMs)} y="0" width=${permille(toMs - atMs)} height="14"><title>${stage}, from ${inSeconds(atMs)}</title></rect>`,
      )}
    </svg>
    <figcaption>${parts.map(
      ({ stage, atMs, shade }) =>
        html`<span><i class="key shade-${shade}"></i>${stage} ${inSeconds(atMs)}</span> `,
    )}</figcaption>
  </figure>`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
