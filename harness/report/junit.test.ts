import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { junitXml } from './junit.ts';
import { finding, judged, resultWith } from './testing/sample-result.ts';

type Seen = { readonly name: string; readonly attributes: Readonly<Record<string, string>> };

/** Reads a document with a parser that accepts nothing but well-formed XML 1.0. */
function parse(xml: string): { readonly elements: readonly Seen[]; readonly text: string } {
  const elements: Seen[] = [];
  const texts: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    elements.push({ name, attributes });
  });
  parser.on('text', (text) => {
    texts.push(text);
  });
  parser.write(xml).close();
  return { elements, text: texts.join('') };
}

const named = (xml: string, name: string) =>
  parse(xml)
    .elements.filter((element) => element.name === name)
    .map(({ attributes }) => attributes);

const everyState = resultWith([
  judged('CVM-XX-001', 'MUST', 'pass'),
  judged('CVM-XX-002', 'MUST', 'fail'),
  judged('CVM-XX-003', 'MUST', 'vacuous'),
  judged('CVM-XX-004', 'MUST', 'flaky'),
  judged('CVM-XX-005', 'MUST', 'error'),
  judged('CVM-XX-006', 'MUST', 'skip'),
  { ...judged('CVM-XX-007', 'SHOULD'), chapter: 'other' },
]);

test('there is a suite for each chapter and a case for each requirement', () => {
  const xml = junitXml(everyState);
  expect(named(xml, 'testsuites')).toEqual([
    {
      name: 'cvm-conformance',
      tests: '7',
      failures: '3',
      errors: '1',
      skipped: '2',
      time: '120.500',
      timestamp: '2026-11-21T07:00:00.000Z',
    },
  ]);
  expect(named(xml, 'testsuite')).toMatchObject([
    { name: 'measured-boot', tests: '6', failures: '3', errors: '1', skipped: '1' },
    { name: 'other', tests: '1', failures: '0', errors: '0', skipped: '1' },
  ]);
  expect(named(xml, 'testcase').map(({ classname }) => classname)).toEqual([
    ...Array(6).fill('measured-boot'),
    'other',
  ]);
});

test('the state is the type of a failure or an error', () => {
  const xml = junitXml(everyState);
  expect(named(xml, 'failure').map(({ type }) => type)).toEqual(['fail', 'vacuous', 'flaky']);
  expect(named(xml, 'error').map(({ type }) => type)).toEqual(['error']);
  expect(named(xml, 'skipped')).toHaveLength(2);
});

test('a case has the requirement, its level and its machines as properties', () => {
  const findings = [
    finding({ machine: 'a' }),
    finding({ machine: 'b' }),
    finding({ machine: 'a' }),
    finding({ machine: null }),
  ];
  const xml = junitXml(resultWith([{ ...judged('CVM-XX-001', 'SHOULD', 'pass'), findings }]));
  const properties = named(xml, 'property').map(({ name, value }) => `${name}=${value}`);
  expect(properties).toEqual(
    expect.arrayContaining(['requirement=CVM-XX-001', 'level=SHOULD', 'machine=a', 'machine=b']),
  );
  expect(properties.filter((property) => property.startsWith('machine='))).toHaveLength(2);
});

test('a failure shows all that shows it, and passes beside it are left out', () => {
  const findings = [
    finding({ sentence: 'this one held' }),
    finding({ state: 'fail', sentence: 'PCR 7 differs', expected: 'aa', observed: 'bb' }),
  ];
  const requirement = { ...judged('CVM-XX-001', 'MUST', 'fail'), findings };
  const xml = junitXml(resultWith([requirement]));
  expect(named(xml, 'failure')).toMatchObject([{ message: 'PCR 7 differs' }]);
  const { text } = parse(xml);
  expect(text).toContain('expected: aa\nobserved: bb\nwitness: guest command\n');
  expect(text).toContain('again: scripts/cvm judge');
  expect(text).not.toContain('this one held');
});

/** XML 1.0, section 2.2: what a document can hold; everything else is replaced. */
const inXml = (text: string) =>
  [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const allowed =
        [0x9, 0xa, 0xd].includes(code) ||
        (code >= 0x20 && code <= 0xd7ff) ||
        (code >= 0xe000 && code <= 0xfffd) ||
        code >= 0x10000;
      return allowed ? character : '\u{fffd}';
    })
    .join('');

test('whatever a guest says stays text', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    }),
    fc.constantFrom(']]></failure><testcase name="x"/>', '"\'<!--&#0;-->', '\u0000\ud800\ufffe'),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      const findings = [finding({ state: 'fail', sentence: text, observed: text, machine: text })];
      const requirement = { ...judged('CVM-XX-001', 'MUST', 'fail'), findings };
      const xml = junitXml(resultWith([requirement]));
      expect(named(xml, 'failure')).toEqual([{ type: 'fail', message: inXml(text) }]);
      expect(parse(xml).text).toContain(`observed: ${inXml(text)}\n`);
    }),
  );
});
