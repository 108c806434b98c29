import { lexer, type Token, walkTokens } from 'marked';
import { describe, expect, it } from 'vitest';
import type { Finding, State } from '../../judge/finding.ts';
import type { Result } from '../result.ts';
import { stateOf } from '../state-of.ts';
import { finding, judged, resultWith } from '../testing/sample-result.ts';
import { planIssues } from './plan-issues.ts';
import { Tracker } from './testing/tracker.ts';

/** A run of the nth night, with findings on requirements that are named by them. */
function night(n: number, ...findings: readonly Partial<Finding>[]): Result {
  const all = findings.map((one) => finding(one));
  const groups = Map.groupBy(all, ({ requirement }) => requirement);
  const requirements = [...groups].map(([id, found]) => ({
    ...judged(id, 'MUST'),
    state: stateOf(found),
    findings: found,
  }));
  const result = resultWith(requirements);
  const startedAt = `2026-11-${String(n).padStart(2, '0')}T02:00:00.000Z`;
  return { ...result, run: { ...result.run, id: `night-${n}`, startedAt } };
}

const one = (state: State, changes: Partial<Finding> = {}): Partial<Finding> => ({
  requirement: 'CVM-XX-001',
  state,
  sentence: 'PCR 11 has another value than predicted in sha256',
  ...changes,
});

const many = (count: number, state: State) =>
  Array.from({ length: count }, (_, index) =>
    one(state, { requirement: `CVM-XX-${100 + index}`, sentence: `failure ${index}` }),
  );

describe('planIssues', () => {
  it('opens an issue for what failed, once', () => {
    const tracker = new Tracker();
    expect(tracker.file(night(1, one('fail')))).toEqual(['open']);
    expect(tracker.file(night(1, one('fail')))).toEqual([]);
    expect(tracker.issues).toMatchObject([
      { title: expect.stringContaining('CVM-XX-001 fail (emulated, at kernel)'), state: 'open' },
    ]);
  });

  it.each(['fail', 'vacuous', 'flaky'] as const)('tells of what is %s', (state) => {
    expect(new Tracker().file(night(1, one(state)))).toEqual(['open']);
  });

  it.each(['pass', 'skip', 'not-tested'] as const)('tells nothing of what is %s', (state) => {
    expect(new Tracker().file(night(1, one(state)))).toEqual([]);
  });

  it('brings it up to date in place', () => {
    const tracker = new Tracker();
    tracker.file(night(1, one('fail', { observed: 'first' })));
    expect(tracker.file(night(2, one('fail', { observed: 'second' })))).toEqual(['update']);
    expect(tracker.issues).toHaveLength(1);
    expect(tracker.issues[0]?.body).toContain('second');
    expect(tracker.issues[0]?.body).not.toContain('first');
  });

  it('closes it after three nights without it, and opens it again', () => {
    const tracker = new Tracker();
    tracker.file(night(1, one('fail', { observed: 'what was seen' })));
    expect(tracker.file(night(2, one('pass')))).toEqual(['update']);
    expect(tracker.file(night(2, one('pass')))).toEqual([]);
    expect(tracker.file(night(3, one('pass')))).toEqual(['update']);
    expect(tracker.file(night(4, one('pass')))).toEqual(['close']);
    expect(tracker.issues).toMatchObject([{ state: 'closed' }]);
    expect(tracker.issues[0]?.body).toContain('what was seen');
    expect(tracker.file(night(5, one('pass')))).toEqual([]);
    expect(tracker.file(night(6, one('fail')))).toEqual(['reopen']);
    expect(tracker.issues).toMatchObject([{ state: 'open' }]);
    expect(tracker.file(night(7, one('pass')))).toEqual(['update']);
  });

  it('counts nights again after one with it', () => {
    const tracker = new Tracker();
    for (const [n, state] of (
      ['fail', 'pass', 'pass', 'fail', 'pass', 'pass'] as const
    ).entries()) {
      tracker.file(night(n + 1, one(state)));
    }
    expect(tracker.issues).toMatchObject([{ state: 'open' }]);
    expect(tracker.file(night(8, one('pass')))).toEqual(['close']);
  });

  it.each([
    ['skipped', [one('skip')]],
    ['not tested', [one('not-tested')]],
    ['broken', [one('error')]],
    ['missing', [{ requirement: 'CVM-XX-002' }]],
    ['judged on another machine alone', [one('pass', { machine: 'other' })]],
    ['failing otherwise', [one('fail', { sentence: 'PCR 11 was not read in sha256' })]],
  ] as const)('takes %s for no pass', (_, findings) => {
    const tracker = new Tracker();
    tracker.file(night(1, one('fail')));
    for (const n of [2, 3, 4, 5]) tracker.file(night(n, ...findings));
    expect(tracker.issues[0]).toMatchObject({ state: 'open' });
  });

  it('is one issue for all machines, which closes when all of them pass', () => {
    const tracker = new Tracker();
    const on = (state: State, ...machines: readonly string[]) =>
      machines.map((machine) => one(state, { machine }));
    tracker.file(night(1, ...on('fail', 'uki-verity', 'uki-verity')));
    expect(tracker.issues).toHaveLength(1);
    tracker.file(night(2, ...on('fail', 'none-booted'), ...on('pass', 'uki-verity')));
    expect(tracker.issues).toHaveLength(2); // another stage
  });

  it('leaves alone what a later run has spoken of', () => {
    const tracker = new Tracker();
    tracker.file(night(5, one('fail', { observed: 'later' })));
    expect(tracker.file(night(4, one('fail', { observed: 'earlier' })))).toEqual([]);
    expect(tracker.file(night(4, one('pass')))).toEqual([]);
  });

  it('leaves alone what another profile is to say', () => {
    const tracker = new Tracker();
    tracker.file(night(1, one('fail')));
    const kvm = (n: number) => {
      const result = night(n, one('pass'));
      return { ...result, run: { ...result.run, profile: 'kvm' as const } };
    };
    expect([2, 3, 4].map((n) => tracker.file(kvm(n)))).toEqual([[], [], []]);
  });

  it('does not take an image of somebody else for ours', () => {
    const tracker = new Tracker();
    tracker.file(night(1, one('fail')));
    const theirs = (n: number): Result => {
      const result = night(n, one('pass'));
      const images = result.environment.images.map((image) => ({ ...image, key: null }));
      return { ...result, environment: { ...result.environment, images } };
    };
    expect([2, 3, 4].map((n) => tracker.file(theirs(n)))).toEqual([[], [], []]);
  });

  it('opens ten at once, and one for eleven', () => {
    expect(new Tracker().file(night(1, ...many(10, 'fail')))).toHaveLength(10);
    const tracker = new Tracker();
    expect(tracker.file(night(1, ...many(11, 'fail')))).toEqual(['open']);
    expect(tracker.issues[0]?.title).toBe('11 new failures at once (emulated, 2026-11-01)');
  });

  it('keeps an umbrella up to date, and gives an issue of its own to what comes back', () => {
    const tracker = new Tracker();
    tracker.file(night(1, ...many(12, 'fail')));
    expect(tracker.file(night(1, ...many(12, 'fail')))).toEqual([]);
    expect(tracker.file(night(2, ...many(12, 'fail')))).toEqual(['update']);
    for (const n of [3, 4]) expect(tracker.file(night(n, ...many(12, 'pass')))).toEqual(['update']);
    expect(tracker.file(night(5, ...many(12, 'pass')))).toEqual(['close']);
    expect(tracker.file(night(6, ...many(1, 'fail')))).toEqual(['open']);
  });

  it('does not close an umbrella over one that fails still', () => {
    const tracker = new Tracker();
    tracker.file(night(1, ...many(11, 'fail')));
    const [first, ...others] = many(11, 'pass');
    for (const n of [2, 3, 4, 5]) tracker.file(night(n, { ...first, state: 'fail' }, ...others));
    expect(tracker.issues).toMatchObject([{ state: 'open' }]);
    expect(tracker.issues[0]?.body).toContain('10 of 11 not seen for 3 nights.');
  });

  it('opens one issue for all that the harness failed at, whatever else is new', () => {
    const tracker = new Tracker();
    const broken = [...many(3, 'error'), ...many(12, 'fail')];
    expect(tracker.file(night(1, ...broken))).toEqual(['open', 'open']);
    expect(tracker.issues.map(({ title }) => title)).toContain(
      'The harness or its host failed (emulated)',
    );
    const infrastructure = tracker.issues.find(({ title }) => title.startsWith('The harness'));
    for (const n of [2, 3, 4]) tracker.file(night(n, ...many(1, 'pass')));
    expect(tracker.issues.find(({ number }) => number === infrastructure?.number)).toMatchObject({
      state: 'closed',
    });
  });

  it('goes on where it was cut off', () => {
    const tracker = new Tracker();
    const run = night(1, ...many(8, 'fail'));
    expect(tracker.file(run, 3)).toHaveLength(3);
    expect(tracker.file(run)).toHaveLength(5);
    expect(tracker.file(run)).toEqual([]);
    expect(new Set(tracker.issues.map(({ title }) => title)).size).toBe(8);
  });

  it('closes the younger of two issues for one failure', () => {
    const tracker = new Tracker();
    tracker.file(night(1, one('fail')));
    const [first] = tracker.issues;
    if (first === undefined) throw new TypeError('no issue');
    tracker.issues = [{ ...first, number: 7 }, first];
    expect(tracker.file(night(1, one('fail')))).toEqual(['duplicate']);
    expect(tracker.issues.map(({ number, state }) => [number, state])).toEqual([
      [7, 'closed'],
      [1, 'open'],
    ]);
    expect(tracker.file(night(1, one('fail')))).toEqual([]);
  });

  it.each(['no marker', '<!-- cvm-conformance {} -->', '<!-- cvm-conformance { -->', ''])(
    'leaves an issue alone that is not ours: %j',
    (body) => {
      const issue = { number: 1, state: 'open' as const, title: 'theirs', body };
      expect(planIssues(night(1, one('fail')), [issue], undefined)).toMatchObject([
        { kind: 'open' },
      ]);
    },
  );

  it('knows its issues again after a tracker changed the line ends', () => {
    const tracker = new Tracker();
    tracker.file(night(1, one('fail')));
    tracker.issues = tracker.issues.map(({ body, ...issue }) => ({
      ...issue,
      body: body.replaceAll('\n', '\r\n'),
    }));
    expect(tracker.file(night(1, one('fail')))).toEqual([]);
    expect(tracker.file(night(2, one('pass')))).toEqual(['update']);
  });
});

describe('the text of an issue', () => {
  const HOSTILE =
    '```\n# @everyone\n````` <script>alert(1)</script>\n<!-- cvm-conformance {"version":1} -->\n' +
    '<!-- cvm-conformance: details -->\n\u001b[31m $(reboot) `id` [x](javascript:0) #1';

  const hostile = (): Result => {
    const result = night(
      1,
      one('fail', {
        machine: `m ${HOSTILE}`,
        sentence: HOSTILE,
        expected: HOSTILE,
        observed: HOSTILE,
        reproduce: HOSTILE,
      }),
    );
    return { ...result, run: { ...result.run, command: HOSTILE } };
  };

  it('shows what a guest wrote as code, and nothing of it as anything else', async () => {
    const tracker = new Tracker();
    tracker.file(hostile());
    const [issue] = tracker.issues;
    expect(issue?.title).not.toMatch(/[`<>\n]|@\w|#\d/);
    const types = new Set<string>();
    const see = (token: Token) => {
      types.add(token.type);
      if (token.type === 'html') expect(token.raw).toMatch(/^<!-- cvm-conformance[ :]/);
      if (token.type !== 'code' && token.type !== 'html') {
        expect(token.raw).not.toMatch(/alert|everyone|reboot|javascript/);
      }
    };
    await Promise.all(walkTokens(lexer(issue?.body ?? ''), see));
    expect([...types].sort()).toEqual(['code', 'html', 'paragraph', 'space', 'text']);
    expect(tracker.file(hostile())).toEqual([]);
  });

  it('stays the one that was seen last, whatever a guest wrote into it', () => {
    const tracker = new Tracker();
    tracker.file(hostile());
    const details = (body = '') => body.slice(body.indexOf('details -->'));
    const before = details(tracker.issues[0]?.body);
    const { machine } = hostile().requirements[0]?.findings[0] ?? {};
    expect(tracker.file(night(2, one('pass', { machine: machine ?? null })))).toEqual(['update']);
    expect(details(tracker.issues[0]?.body)).toBe(before);
  });

  it('fits, and leaves no block open', () => {
    const long = many(300, 'fail').map((finding) => ({
      ...finding,
      sentence: `${'s'.repeat(600)} ${finding.sentence}`,
      machine: 'm'.repeat(400),
    }));
    const tracker = new Tracker();
    tracker.file(night(1, ...long));
    for (const { body } of tracker.issues) {
      expect(body.length).toBeLessThanOrEqual(65_536);
      expect(lexer(body).at(-1)).toMatchObject({ type: 'paragraph' });
    }
    expect(tracker.file(night(1, ...long))).toEqual([]);
  });
});
