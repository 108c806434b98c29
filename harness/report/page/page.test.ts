import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceFolder } from '../evidence-folder.ts';
import type { ResultTable } from '../table.ts';
import { finding, judged, resultWith, sampleTable } from '../testing/sample-result.ts';
import { renderPage } from './page.ts';
import type { PageInput } from './page-input.ts';

/** A table of what was seen, of which nothing was computed. */
const FACTS: ResultTable = {
  ...sampleTable(),
  id: 'facts',
  columns: ['found'],
  rows: [
    { heads: ['a', 'b'], cells: [{ predicted: null, observed: 'seen alone', state: 'pass' }] },
  ],
};

/** A page on which everything that can come from elsewhere is one text. */
function pageOf(text: string): PageInput {
  const said = finding({ state: 'fail', sentence: text, observed: text, evidence: `d/${text}x` });
  const event = { pcr: 4, type: text, digests: { sha256: text }, description: text };
  const values = [{ bank: 'sha256', predicted: text, observed: 'other' }] as const;
  const events = [{ predicted: event, observed: null, same: false }];
  return {
    result: {
      ...resultWith([
        { ...judged('CVM-XX-001', 'MUST', 'fail'), findings: [said] },
        judged('CVM-XX-002', 'SHOULD', 'pass'),
      ]),
      tables: [{ ...sampleTable(), caption: `x${text}` }, FACTS],
    },
    boots: new Map([
      [
        'uki-verity',
        {
          pcrs: [{ pcr: 4, outcome: 'different', values, events }],
          problem: text,
        },
      ],
    ]),
    consoles: new Map([[evidenceFolder(said, { boots: [] }) ?? '', [text]]]),
    missing: new Set([`dossiers/${text}`]),
    coverages: [
      {
        image: text,
        unprotectedBytes: 10,
        isSecureBoot: false,
        regions: [
          { start: 0, end: 10, what: text, file: text, detectedBy: [] },
          { start: 10, end: 20, what: text, detectedBy: ['dm-verity'] },
        ],
      },
    ],
  };
}

/** Tags in their order, without attributes: what a parser makes elements of. */
const tagsOf = (page: string) => page.match(/<[!/]?[a-z]+/gi) ?? [];

describe('the page of a run', () => {
  it('tells what does not hold, and where to look', () => {
    const page = renderPage(pageOf('what was seen'));
    for (const part of [
      '0 of 1 MUST requirements are met',
      'href="#CVM-XX-001"',
      'href="./d/what%20was%20seenx"',
      'scripts/cvm judge results/r1/dossiers/uki-verity',
      'PCR 4',
      '50.0 % unprotected',
      'forecast yes<br/>observed no',
      'aria-label="pass">✓</span> leaf',
      '<td class="cell">seen alone</td>',
    ]) {
      expect(page).toContain(part);
    }
    expect(page.match(/id="([^"]+)"/g)).toHaveLength(new Set(page.match(/id="([^"]+)"/g)).size);
  });

  it('says beside the map how it stood the trial', () => {
    const input = pageOf('x');
    const cell = (state: 'pass' | 'fail') => ({ predicted: 'PCR 4', observed: 'PCR 4', state });
    const withFlips = (states: readonly ('pass' | 'fail')[]) => {
      const rows = states.map((state) => ({ heads: ['disk'], cells: [cell(state)] }));
      const table = { ...sampleTable(), id: 'flipped-bits', heads: ['x'], columns: ['y'], rows };
      return renderPage({ ...input, result: { ...input.result, tables: [table] } });
    };
    expect(withFlips(['pass', 'pass'])).toContain(
      '2 bits, one of each region, were flipped for real: all came out as the map says.',
    );
    expect(withFlips(['pass', 'fail'])).toContain('for real: 1 came out otherwise.');
    expect(renderPage(input)).not.toContain('for real');
  });

  it('loads nothing and runs nothing', () => {
    const page = renderPage(pageOf('x'));
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<link|<img|<iframe| on[a-z]+=|https?:\/\//i);
    for (const [, target] of page.matchAll(/href="([^"]*)"/g))
      expect(target).toMatch(/^(?:#|\.\/)/);
  });

  it('names evidence that is missing, and does not lead to it', () => {
    const input = pageOf('cut.bin');
    const page = renderPage({ ...input, missing: new Set(['d/cut.binx']) });
    expect(page).toContain('d/cut.binx is missing');
    expect(page).not.toContain('href="./d/cut.binx"');
  });

  it('leaves out what there is nothing of', () => {
    const result = { ...resultWith([judged('CVM-XX-001', 'MUST', 'pass')]), boots: [] };
    const page = renderPage({
      result,
      boots: new Map(),
      consoles: new Map(),
      missing: new Set(),
      coverages: [],
    });
    expect(page).toContain('1 of 1 MUST requirements are met');
    for (const id of ['failures', 'tables', 'integrity', 'boots']) {
      expect(page).not.toContain(`id="${id}"`);
    }
  });

  it('has the same elements whatever guests and images say', () => {
    const usual = tagsOf(renderPage(pageOf('x')));
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('</style><script>', '"><img src=x onerror=alert(1)>', "'--><!--", '&lt;'),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(tagsOf(renderPage(pageOf(`x${text.toWellFormed()}`)))).toEqual(usual);
      }),
      { numRuns: 50 },
    );
  });
});
