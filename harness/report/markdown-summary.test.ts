import fc from 'fast-check';
import { marked, type Token } from 'marked';
import { describe, expect, it } from 'vitest';
import { markdownSummary } from './markdown-summary.ts';
import { finding, judged, resultWith } from './testing/sample-result.ts';

function withSaid(text: string) {
  const said = finding({ state: 'fail', sentence: text, observed: text, machine: text });
  return resultWith([
    { ...judged('CVM-XX-001', 'MUST', 'fail'), sentence: text, findings: [said] },
  ]);
}

const kindsIn = (markdown: string): readonly string[] => {
  const kinds: string[] = [];
  void marked.walkTokens(marked.lexer(markdown), (token: Token) => {
    kinds.push(token.type);
  });
  return kinds;
};

describe('the summary of a run', () => {
  it('begins with what holds, counts by chapter, and tells what does not hold', () => {
    const text = markdownSummary(
      resultWith([
        judged('CVM-XX-001', 'MUST', 'pass'),
        judged('CVM-XX-002', 'MUST', 'fail', 'pass'),
        judged('CVM-XX-003', 'SHOULD', 'skip'),
      ]),
    );
    expect(text).toMatch(/^# ❌ 1 of 2 MUST requirements are met\n\nNo claim: /);
    expect(text).toContain('**1 passed, 1 failed, 1 skipped** of 3 requirements, profile emulated');
    expect(text).toContain('| measured-boot | 1 | 1 | 0 | 1 |');
    expect(text).toContain('### ❌ CVM-XX-002 (MUST, fail)');
    expect(text.match(/observed: /g)).toHaveLength(1);
    expect(text).not.toContain('### ⏭️');
  });

  it('is green where every MUST is met', () => {
    const text = markdownSummary(resultWith([judged('CVM-XX-001', 'MUST', 'pass')]));
    expect(text).toMatch(/^# ✅ 1 of 1 MUST/);
    expect(text).not.toContain('does not hold');
  });

  it('tells of many failures the first, and counts the others', () => {
    const many = Array.from({ length: 50 }, (_, at) =>
      judged(`CVM-XX-0${at + 10}`, 'MUST', 'fail'),
    );
    expect(markdownSummary(resultWith(many))).toContain('10 more, in report.html.');
  });

  it.each([
    '<script>alert(1)</script>',
    '```\n# heading\n<img src=x onerror=alert(1)>',
    '[link](https://example.org) ![image](https://example.org/x.png)',
    '| a | b |\n|---|---|\n| @somebody | #1 |',
    '\u001b[31mred\u0000\u202e',
  ])('reads no Markdown or HTML in %j', (text) => {
    const kinds = kindsIn(markdownSummary(withSaid(text)));
    expect(kinds).not.toEqual(expect.arrayContaining(['html']));
    expect(kinds).not.toEqual(expect.arrayContaining(['link']));
    expect(kinds).not.toEqual(expect.arrayContaining(['image']));
    for (const mark of ['@somebody', '\u001b', '\u202e']) {
      expect(markdownSummary(withSaid(text))).not.toContain(mark);
    }
  });

  it('has the same structure whatever a guest says', () => {
    const usual = kindsIn(markdownSummary(withSaid('words'))).filter((kind) => kind !== 'text');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const kinds = kindsIn(markdownSummary(withSaid(`x ${text} x`)));
        for (const kind of ['html', 'link', 'image', 'heading', 'table', 'code']) {
          const count = (all: readonly string[]) => all.filter((one) => one === kind).length;
          expect(count(kinds)).toBe(count(usual));
        }
      }),
    );
  });
});
