import { describe, expect, it } from 'vitest';
import type { State } from '../judge/finding.ts';
import { diffResults } from './diff-results.ts';
import { judged, resultWith } from './testing/sample-result.ts';

const withState = (state: State) => resultWith([judged('CVM-XX-001', 'MUST', state)]);

describe('the difference of two results', () => {
  it('is none of a result with itself', () => {
    const result = withState('pass');
    expect(diffResults(result, result)).toEqual({
      environment: [],
      improved: [],
      regressed: [],
      changed: [],
      added: [],
      removed: [],
      timings: [
        { machine: 'uki-verity', stage: 'firmware', aMs: 0, bMs: 0 },
        { machine: 'uki-verity', stage: 'kernel', aMs: 8123.4, bMs: 8123.4 },
      ],
    });
  });

  it.each<[State, State, 'improved' | 'regressed' | 'changed']>([
    ['fail', 'pass', 'improved'],
    ['not-tested', 'pass', 'improved'],
    ['pass', 'fail', 'regressed'],
    ['pass', 'vacuous', 'regressed'],
    ['pass', 'error', 'regressed'],
    ['pass', 'skip', 'regressed'],
    ['pass', 'not-tested', 'regressed'],
    ['skip', 'fail', 'regressed'],
    ['not-tested', 'flaky', 'regressed'],
    ['fail', 'skip', 'changed'],
    ['fail', 'error', 'changed'],
    ['skip', 'not-tested', 'changed'],
  ])('from %s to %s is among the %s', (a, b, list) => {
    const diff = diffResults(withState(a), withState(b));
    const lists = { improved: [], regressed: [], changed: [] };
    const why = b === 'pass' ? null : 'PCR 11 has the predicted value';
    expect({ ...lists, [list]: [{ id: 'CVM-XX-001', level: 'MUST', a, b, why }] }).toMatchObject({
      improved: diff.improved,
      regressed: diff.regressed,
      changed: diff.changed,
    });
    expect(diff[list]).toHaveLength(1);
  });

  it('names what is known to one of them alone', () => {
    const a = resultWith([judged('CVM-XX-001', 'MUST', 'pass')]);
    const b = resultWith([judged('CVM-XX-002', 'MUST', 'fail')]);
    expect(diffResults(a, b)).toMatchObject({
      added: [{ id: 'CVM-XX-002', state: 'fail' }],
      removed: [{ id: 'CVM-XX-001', state: 'pass' }],
      improved: [],
      regressed: [],
    });
  });

  it('tells what the runs depended on', () => {
    const a = withState('pass');
    const b = {
      ...a,
      environment: {
        ...a.environment,
        tools: { qemu: '11.1.0', mkosi: '25' },
        images: [{ name: 'uki-verity', sha256: 'cd'.repeat(32), key: null }],
      },
    };
    expect(diffResults(a, b).environment).toEqual([
      { what: 'image uki-verity', a: 'ab'.repeat(32), b: 'cd'.repeat(32) },
      { what: 'tool qemu', a: '10.0.2', b: '11.1.0' },
      { what: 'tool swtpm', a: '0.10.1', b: null },
      { what: 'tool mkosi', a: null, b: '25' },
    ]);
  });

  it('sets what is called otherwise beside what is booted in its place', () => {
    const a = withState('pass');
    const booted = (name: string, digest: string) => ({
      ...a,
      environment: {
        ...a.environment,
        images: [{ name, sha256: digest.repeat(32), key: null }],
      },
    });
    const [one, other] = [booted('one.raw', 'ab'), booted('other.raw', 'cd')];
    expect(diffResults(one, other).environment).toEqual([
      { what: 'image', a: `one.raw ${'ab'.repeat(32)}`, b: `other.raw ${'cd'.repeat(32)}` },
    ]);
    expect(diffResults(one, booted('copy.raw', 'ab')).environment).toEqual([]);
    const none = { ...a, environment: { ...a.environment, images: [] } };
    expect(diffResults(one, none).environment).toEqual([
      { what: 'image one.raw', a: 'ab'.repeat(32), b: null },
    ]);
  });
});
