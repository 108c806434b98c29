import { describe, expect, it } from 'vitest';
import { judgePcrlock } from './judge-pcrlock.ts';

// What swtpm 0.7.1 held in the NV index of `systemd-pcrlock make-policy` 257, for these values.
const FORECAST = {
  4: [
    '0ae564d2364e9ee45634174f52bce14b4441fb5e9a7fb2e52dd851cbe306632e',
    'd328533de0b000a81afdbc0aca80ac099a085353ae1cadfe8967c1ba4f98de82',
  ],
  7: ['a08344ca12c111d08fc0405998c9d53df7a87f317e25fc5cafeed975f0bb5613'],
  11: [
    'ae23df7c41ff7402f93effc8cf69008bc2d2731e6d980382cf603d3df335451f',
    '09eee0fb5bfcd26b1a81787182f996c96060d4781bd01a42c4d1a0a0616cbbdc',
  ],
};
const KEPT = '000bd67ab9d22782bbcad028c4111050a8b2ad054a8be3fc642bac80aa1a78e5d7d9';

const judge = (changed: Partial<Parameters<typeof judgePcrlock>[0]> = {}) =>
  judgePcrlock({
    forecast: FORECAST,
    predicted: FORECAST,
    kept: KEPT,
    file: 'pcrlock.json',
    ...changed,
  });
const states = (changed: Parameters<typeof judge>[0]) => judge(changed).map(({ state }) => state);

describe('a policy of systemd-pcrlock', () => {
  it('passes where prediction and NV index are as computed offline', () => {
    expect(states({})).toEqual(['pass', 'pass']);
    expect(judge()[1]?.sentence).toContain('with PolicyOR for PCRs 4 and 11');
  });

  it('fails for what is not', () => {
    expect(states({ predicted: { ...FORECAST, 7: FORECAST[4] } })).toEqual(['fail', 'pass']);
    expect(states({ kept: `000b${'00'.repeat(32)}` })).toEqual(['pass', 'fail']);
  });

  it('says nothing of PolicyOR where no PCR may have two values', () => {
    expect(states({ forecast: { 7: FORECAST[7] } })).toEqual(['vacuous']);
  });
});
