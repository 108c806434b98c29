import { describe, expect, test } from 'vitest';
import { namedRequirements, requirementProblems } from './named-requirements.ts';

const SUITE = 'suites/x/x.suite.ts';
const REGISTRY = 'suites/requirements/x.ts';
const IMPORT = "import { conformance, twins } from '../conformance.ts';\n";

const places = (file: string, text: string) =>
  namedRequirements(file, text).map(({ line, as, id }) => `${line} ${as} ${id}`.trim());

describe('a test names its requirements', () => {
  test('as its first argument, one or several', () => {
    const text = `${IMPORT}conformance('CVM-XX-001', 'a', () => []);
twins(['CVM-XX-002', 'CVM-XX-003'], 'b');`;
    expect(places(SUITE, text)).toEqual([
      '2 test CVM-XX-001',
      '3 test CVM-XX-002',
      '3 test CVM-XX-003',
    ]);
  });

  test('and refers to others elsewhere', () => {
    const text = `${IMPORT}conformance('CVM-XX-001', { twin: 'CVM-XX-002' });`;
    expect(places(SUITE, text)).toEqual(['2 test CVM-XX-001', '2 mention CVM-XX-002']);
  });

  test('or is found out', () => {
    expect(places(SUITE, `${IMPORT}conformance('PCR 4');\ntwins();`)).toEqual([
      '2 nameless',
      '3 nameless',
    ]);
    expect(places(SUITE, "import { test } from 'vitest';")).toEqual(['1 nameless']);
  });

  test('by functions of conformance.ts alone', () => {
    expect(places(SUITE, "other('CVM-XX-001');")).toEqual(['1 mention CVM-XX-001']);
  });
});

test('the registry defines requirements', () => {
  const text = "export const X = [{ id: 'CVM-XX-001', sentence: 'See CVM-XX-002.' }];";
  expect(places(REGISTRY, text)).toEqual(['1 definition CVM-XX-001']);
});

test('unit tests may name what they like', () => {
  expect(places('harness/judge/x.test.ts', "f('CVM-XX-001')")).toEqual([]);
});

describe('registry and tests', () => {
  const inSuite = namedRequirements(
    SUITE,
    `${IMPORT}conformance('CVM-XX-001');\nconformance('CVM-XX-002');`,
  );

  test('go together where each names the other', () => {
    expect(requirementProblems(['CVM-XX-001', 'CVM-XX-002'], inSuite)).toEqual([]);
  });

  test.each([
    {
      what: 'a requirement without a test',
      registry: ['CVM-XX-001', 'CVM-XX-002', 'CVM-XX-003'],
      problem: 'suites/requirements/: no test names CVM-XX-003',
    },
    {
      what: 'a test without a requirement',
      registry: ['CVM-XX-001'],
      problem: 'suites/x/x.suite.ts:3: there is no requirement CVM-XX-002',
    },
    {
      what: 'an id that is used twice',
      registry: ['CVM-XX-001', 'CVM-XX-002', 'CVM-XX-001'],
      problem: 'suites/requirements/index.ts: CVM-XX-001 stands there twice',
    },
  ])('do not where there is $what', ({ registry, problem }) => {
    expect(requirementProblems(registry, inSuite)).toEqual([problem]);
  });

  test('do not where a definition is left out, or a test is nameless', () => {
    const others = [
      ...namedRequirements(REGISTRY, "export const X = [{ id: 'CVM-XX-009' }];"),
      ...namedRequirements(SUITE, `${IMPORT}conformance('x');`),
    ];
    expect(requirementProblems(['CVM-XX-001', 'CVM-XX-002'], [...inSuite, ...others])).toEqual([
      'suites/requirements/x.ts:1: CVM-XX-009 is not in suites/requirements/index.ts',
      'suites/x/x.suite.ts:2: a test of a suite names its requirement first',
    ]);
  });
});
