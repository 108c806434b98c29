import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Result } from '../result.ts';

type FirmwareFile = Result['environment']['firmware'][number];

/** Everything that the run depended on. */
export function environmentSection(result: Result): VNode {
  const { run, suite, accelerator, environment } = result;
  const { host, tools, firmware, images } = environment;
  return html`<section id="environment" aria-labelledby="environment-title">
    <h2 id="environment-title">Environment</h2>
    <dl class="facts">
      ${fact('suite', `${suite.name} ${suite.version}, commit ${suite.commit ?? 'unknown'}`)}
      ${fact('again', html`<code class="command">${run.command}</code>`)}
      ${fact('time', `${run.startedAt} to ${run.finishedAt}`)}
      ${fact('host', `${host.os}, Linux ${host.kernel}, ${host.cpuModel}, ${host.cores} cores, ${host.memoryMiB} MiB`)}
      ${fact('accelerator', `${accelerator.name} (asked for: ${accelerator.asked}): ${accelerator.reason}`)}
      ${Object.entries(tools).map(([tool, version]) => fact(tool, version))}
      ${images.map(({ name, sha256 }) => fact(`image ${name}`, html`<code>${sha256}</code>`))}
      ${firmware.map((file) => fact(`firmware ${file.generation ?? ''}`, firmwareFile(file)))}
    </dl>
  </section>`;
}

function fact(name: string, value: string | VNode): VNode {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function firmwareFile({ file, sha256, expectedSha256, matches }: FirmwareFile): VNode {
  if (matches) return html`${file}<br /><code>${sha256}</code>`;
  return html`${file}<br /><span class="problem">not the manifest’s</span> <code>${sha256}</code>${
    expectedSha256 === null ? null : html`, expected <code>${expectedSha256}</code>`
  }`;
}
