import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Finding } from '../judge/finding.ts';
import { resultJsonSchema } from './json-schema.ts';
import { type JudgedRequirement, Result } from './result.ts';
import { finding, judged, resultWith } from './testing/sample-result.ts';

const committed = readFileSync(new URL('result.schema.json', import.meta.url), 'utf8');
const validate = new Ajv2020({ validateFormats: false, allowUnionTypes: true }).compile(
  JSON.parse(committed),
);

const sample = resultWith([
  judged('CVM-XX-001', 'MUST', 'pass', 'fail'),
  judged('CVM-XX-002', 'SHOULD'),
]);

/** The sample with one value changed. */
function changed(...[path, value]: readonly [readonly (string | number)[], unknown]): unknown {
  const copy: unknown = structuredClone(sample);
  const parent = path.slice(0, -1).reduce((at, key) => Reflect.get(Object(at), key), copy);
  Reflect.set(Object(parent), path.at(-1) ?? '', value);
  return copy;
}

test('the committed JSON Schema is the one that is generated (npm run schema)', () => {
  expect(committed).toBe(resultJsonSchema());
});

test('findings of judges are findings of a result, and the other way round', () => {
  expectTypeOf<Finding>().toExtend<JudgedRequirement['findings'][number]>();
  expectTypeOf<JudgedRequirement['findings'][number]>().toExtend<Finding>();
});

describe('a result', () => {
  test('validates, as what it is and as what is written', () => {
    expect(Result.parse(sample)).toEqual(sample);
    expect(validate(JSON.parse(JSON.stringify(sample)))).toBe(true);
  });

  test.each([
    { what: 'another schema version', path: ['schemaVersion'], value: 2 },
    { what: 'a key that is not in the schema', path: ['extra'], value: 1 },
    { what: 'an unknown state', path: ['requirements', 0, 'state'], value: 'partial' },
    { what: 'an id of another form', path: ['requirements', 0, 'id'], value: 'MB-1' },
    { what: 'a negative count', path: ['summary', 'pass'], value: -1 },
    {
      what: 'a digest in capitals',
      path: ['environment', 'images', 0, 'sha256'],
      value: 'AB'.repeat(32),
    },
    { what: 'a time without a zone', path: ['run', 'startedAt'], value: '2026-11-21T07:00:00' },
    { what: 'an absolute dossier', path: ['boots', 0, 'dossier'], value: '/etc' },
    { what: 'a dossier outside the run', path: ['boots', 0, 'dossier'], value: 'a/../../b' },
    {
      what: 'evidence outside the run',
      path: ['requirements', 0, 'findings', 0, 'evidence'],
      value: '..',
    },
  ])('with $what is refused by both schemas', ({ path, value }) => {
    const wrong = changed(path, value);
    expect(Result.safeParse(wrong).success).toBe(false);
    expect(validate(wrong)).toBe(false);
  });

  test('may have findings without machine, evidence and command', () => {
    const bare = finding({ machine: null, evidence: null, reproduce: null });
    const requirement = { ...judged('CVM-XX-001', 'MUST'), findings: [bare] };
    expect(validate(resultWith([requirement]))).toBe(true);
  });
});
