import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { headlineOf, partOf } from '../claim.ts';
import type { Result } from '../result.ts';
import { totals } from '../summary.ts';
import { type Verdict, verdictOf } from '../verdict.ts';
import { stateBar } from './state-bar.ts';

const COLOURS: Readonly<Record<Verdict, string>> = { conforms: 'good', fails: 'bad', open: 'open' };

/** Enough of a digest to tell images apart; the environment has all of it. */
const DIGEST_START = 12;

/** What the run shows, on top of the page. */
export function claimSection(result: Result): VNode {
  const { run, suite, accelerator, environment, summary, claim, requirements } = result;
  const { passed, failed, skipped } = totals(summary);
  const part = partOf(result);
  return html`<header class="claim ${COLOURS[verdictOf(result)]}">
    <p class="eyebrow">${suite.name} ${suite.version} · ${run.startedAt.slice(0, 10)}</p>
    <h1>${headlineOf(result)}</h1>
    <p class="lead">${claim}</p>
    ${stateBar(requirements)}
    <ul class="totals">
      <li><b>${passed}</b> passed</li>
      <li><b>${failed}</b> failed</li>
      <li><b>${skipped}</b> skipped or not tested</li>
      <li><b>${summary.should.met}</b> of ${summary.should.total} SHOULD met</li>
    </ul>
    <dl class="facts">
      <div><dt>images</dt><dd>${imagesOf(environment)}</dd></div>
      <div><dt>profile</dt><dd>${run.profile}, ${accelerator.name}${part === undefined ? '' : `, ${part}`}</dd></div>
      <div><dt>host</dt><dd>${environment.host.os}, Linux ${environment.host.kernel}, ${environment.host.cpuModel}</dd></div>
      <div><dt>versions</dt><dd>${versionsOf(environment).join(', ')}</dd></div>
      <div><dt>run</dt><dd>${run.id}, ${run.seconds.toFixed(0)} s, seed ${run.seed}</dd></div>
    </dl>
  </header>`;
}

function imagesOf({ images }: Result['environment']): readonly VNode[] | string {
  if (images.length === 0) return 'none';
  return images.map(
    ({ name, sha256 }) =>
      html`<span class="image">${name} <code>${sha256.slice(0, DIGEST_START)}…</code></span> `,
  );
}

/** What booted it: of a tool's own line the number, of firmware the generations. */
function versionsOf({ tools, firmware }: Result['environment']): readonly string[] {
  const generations = new Set(firmware.map(({ generation, file }) => generation ?? file));
  return [
    ...Object.entries(tools).map(
      ([tool, said]) => `${tool} ${/\d+(?:\.\d+)+/.exec(said)?.[0] ?? said}`,
    ),
    ...(generations.size === 0 ? [] : [`OVMF ${[...generations].join(' and ')}`]),
  ];
}
