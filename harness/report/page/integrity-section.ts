import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { ImageCoverage, MapRegion, PageInput } from './page-input.ts';

/** The least protected parts by size; the rest is counted. */
const MOST_NAMED = 12;

/** How the strip shows what protects a region: by the kind of mechanism that tells of a change. */
const KINDS = {
  nothing: 'nothing tells of a change',
  verity: 'dm-verity, on read',
  signature: 'Secure Boot signature',
  refusal: 'firmware or Linux refuses',
  pcr: 'a PCR, at boot',
  launch: 'launch digest, before boot',
} as const;

type Kind = keyof typeof KINDS;

/** A disk as a strip coloured by what protects each byte, and what nothing protects by name. */
export function integritySection({
  coverages,
  result,
}: Pick<PageInput, 'coverages' | 'result'>): VNode | null {
  if (coverages.length === 0) return null;
  return html`<section id="integrity" aria-labelledby="integrity-title">
    <h2 id="integrity-title">What protects each byte</h2>
    ${flipped(result)}
    ${coverages.map(strip)}
  </section>`;
}

/** Id of the table of bits that were flipped for real. */
const FLIPPED_BITS = 'flipped-bits';

/** How the map stood the trial. */
function flipped({ tables = [] }: PageInput['result']): VNode | null {
  const rows = tables.filter(({ id }) => id === FLIPPED_BITS).flatMap((table) => table.rows);
  if (rows.length === 0) return null;
  const wrong = rows.filter(({ cells }) => cells.some(({ state }) => state !== 'pass')).length;
  const came = wrong === 0 ? 'all came out as the map says' : `${wrong} came out otherwise`;
  return html`<p class="tried">${rows.length} bits, one of each region, were flipped for real: ${came}.</p>`;
}

function strip({ image, regions, unprotectedBytes, isSecureBoot }: ImageCoverage): VNode {
  const size = regions.at(-1)?.end ?? 1;
  const permille = (bytes: number) => ((1000 * bytes) / size).toFixed(3);
  return html`<article class="integrity">
    <h3>${image} <span class="count">${bytesText(size)}, Secure Boot ${isSecureBoot ? 'on' : 'off'}</span></h3>
    <svg viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label="The disk from its first byte to its last, coloured by what protects it">
      ${joined(regions).map(
        ({ start, end, kind }) =>
          html`<rect class="kind-${kind}" x=${permille(start)} y="0" width=${permille(end - start)} height="40"><title>${KINDS[kind]}: 0x${start.toString(16)} to 0x${end.toString(16)}, ${bytesText(end - start)}</title></rect>`,
      )}
    </svg>
    <ul class="keys">${keysOf(regions, size)}</ul>
    <p class="unprotected"><b>${percent(unprotectedBytes, size)} unprotected</b>: of ${bytesText(unprotectedBytes)} nothing tells that they were changed.</p>
    ${unprotectedTable(regions)}
  </article>`;
}

function keysOf(regions: readonly MapRegion[], size: number): readonly VNode[] {
  return (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
    const bytes = sum(regions.filter((region) => kindOf(region) === kind));
    if (bytes === 0) return [];
    return html`<li><i class="key kind-${kind}"></i>${KINDS[kind]} <span class="count">${percent(bytes, size)}</span></li>`;
  });
}

/** What the guest may use comes first, then what is large. */
function unprotectedTable(regions: readonly MapRegion[]): VNode | null {
  const bare = regions
    .filter((region) => kindOf(region) === 'nothing')
    .toSorted(
      (a, b) =>
        Number(b.mayBeUsed ?? false) - Number(a.mayBeUsed ?? false) ||
        b.end - b.start - (a.end - a.start),
    );
  if (bare.length === 0) return null;
  const more = bare.slice(MOST_NAMED);
  return html`<div class="wide"><table>
    <caption>What nothing protects</caption>
    <thead><tr><th scope="col">offset</th><th scope="col">bytes</th><th scope="col">what it is</th></tr></thead>
    <tbody>
      ${bare.slice(0, MOST_NAMED).map(
        ({ start, end, what, file, mayBeUsed }) => html`<tr class=${mayBeUsed ? 'lit' : ''}>
          <td><code>0x${start.toString(16)}</code></td>
          <td>${bytesText(end - start)}</td>
          <td>${file === undefined ? what : `${file}: ${what}`}${mayBeUsed ? ' (the guest may use it)' : ''}</td>
        </tr>`,
      )}
      ${more.length === 0 ? null : html`<tr><td></td><td>${bytesText(sum(more))}</td><td>${more.length} smaller ones</td></tr>`}
    </tbody>
  </table></div>`;
}

function kindOf({ detectedBy }: MapRegion): Kind {
  if (detectedBy.length === 0) return 'nothing';
  if (detectedBy.includes('launch digest')) return 'launch';
  if (detectedBy.some((one) => one.startsWith('PCR'))) return 'pcr';
  if (detectedBy.includes('Secure Boot signature')) return 'signature';
  return detectedBy.includes('dm-verity') ? 'verity' : 'refusal';
}

/** Neighbours of one colour as one. */
function joined(regions: readonly MapRegion[]) {
  const runs: { start: number; end: number; kind: Kind }[] = [];
  for (const region of regions) {
    const kind = kindOf(region);
    const last = runs.at(-1);
    if (last?.kind === kind) last.end = region.end;
    else runs.push({ start: region.start, end: region.end, kind });
  }
  return runs;
}

function sum(regions: readonly MapRegion[]): number {
  return regions.reduce((bytes, { start, end }) => bytes + end - start, 0);
}

function percent(bytes: number, size: number): string {
  return `${((100 * bytes) / Math.max(1, size)).toFixed(1)} %`;
}

function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  if (bytes < 10_000 << 10) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
