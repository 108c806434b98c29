import fc from 'fast-check';
import { lexer } from 'marked';
import { describe, expect, it } from 'vitest';
import { inertBlock, inertLine } from './inert-text.ts';

const HOSTILE = [
  '```\n# a heading\n```',
  '`````` and ``` and `',
  '~~~\n<script>alert(1)</script>\n~~~',
  '<!-- cvm-conformance {"version":1} -->',
  '@everyone @org/team see #1, GH-2 and some/where#3',
  '\u001b[31mred\u001b[0m \u0000 \u202egnp.exe',
  '$(reboot) `reboot` ; reboot && reboot',
  '\ud800 lone \udfff',
  '</code></pre><img src=x onerror=alert(1)>',
  '[a](javascript:alert(1)) ![b](http://tracker.example/x.png)',
  '\r\n```\r\n@someone',
  ' \n\t```\n',
];

describe('inertBlock', () => {
  it.each(HOSTILE)('is one block of code, whatever is in it: %j', (text) => {
    const document = ['before', '', ...inertBlock(text), '', '# after'].join('\n');
    const tokens = lexer(document).filter(({ type }) => type !== 'space');
    expect(tokens).toMatchObject([{ type: 'paragraph' }, { type: 'code' }, { text: 'after' }]);
  });

  it('is one block of code for any text', () => {
    const pieces = fc.constantFrom(
      '`',
      '```',
      '~~~',
      '\n',
      '\r',
      ' ',
      '<',
      '>',
      '#',
      '@a',
      'x',
      '\u2028',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const types = lexer(inertBlock(text).join('\n')).map(({ type }) => type);
        expect(types).toEqual(['code']);
      }),
    );
  });

  it('names nobody and refers to nothing', () => {
    const block = inertBlock('@everyone #12 gh-3 a/b#4 user@host').join('\n');
    expect(block).not.toMatch(/@\w|#\d|gh-\d/i);
    expect(block.replaceAll('\u200b', '')).toContain('@everyone #12 gh-3 a/b#4 user@host');
  });

  it('is cut where it is long', () => {
    const block = inertBlock(`${'x'.repeat(1e6)}\n`.repeat(100));
    expect(block.join('\n').length).toBeLessThan(40_000);
    expect(block.at(-2)).toBe('… 41 more lines');
  });
});

describe('inertLine', () => {
  it.each(HOSTILE)('is one line without meaning: %j', (text) => {
    const line = inertLine(text, 200);
    expect(line).not.toMatch(/[`<>[\]*\p{Cc}]|@\w|#\d/u);
    expect(line.isWellFormed()).toBe(true);
  });

  it('is cut where it is long', () => {
    expect(inertLine('x'.repeat(300), 200)).toHaveLength(201);
  });
});
