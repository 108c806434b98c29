import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Result } from '../result.ts';
import { totals } from '../summary.ts';

/** What the run shows, on top of the page. */
export function claimSection({ result }: { readonly result: Result }): VNode {
  const { run, suite, accelerator, environment, summary, claim } = result;
  const { passed, failed, skipped } = totals(summary);
  const { met, total } = summary.must;
  const verdict = failed > 0 ? 'bad' : total > 0 && met === total ? 'good' : 'open';
  return html`<header class="claim ${verdict}">
    <p class="eyebrow">${suite.name} ${suite.version}</p>
    <h1>${met} of ${total} MUST requirements are met</h1>
    <p class="lead">${claim}</p>
    <ul class="totals">
      <li><b>${passed}</b> passed</li>
      <li><b>${failed}</b> failed</li>
      <li><b>${skipped}</b> skipped or not tested</li>
      <li><b>${summary.should.met}</b> of ${summary.should.total} SHOULD met</li>
    </ul>
    <dl class="facts">
      <div><dt>images</dt><dd>${environment.images.map(({ name }) => name).join(', ') || 'none'}</dd></div>
      <div><dt>profile</dt><dd>${run.profile}, ${accelerator.name}</dd></div>
      <div><dt>host</dt><dd>${environment.host.os}, ${environment.host.cpuModel}</dd></div>
      <div><dt>run</dt><dd>${run.id}, ${run.seconds.toFixed(0)} s, seed ${run.seed}</dd></div>
    </dl>
  </header>`;
}
