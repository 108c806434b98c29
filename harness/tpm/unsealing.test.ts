import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readSwtpmLog } from './swtpm-log.ts';
import { CLEAR_STARTUP, extendCommand, loggedExchange } from './testing/swtpm-text.ts';
import { beforeUnsealing, unsealings } from './unsealing.ts';

const POLICY = 'aa'.repeat(32);
const STARTED_ALREADY = '80010000000a00000100';
const [IMPORT, LOAD, UNSEAL, GET_DIGEST] = ['0156', '0157', '015e', '0189'].map(
  (code) => `80020000000a0000${code}`,
) as [string, string, string, string];

const exchanges = (...logged: readonly string[]) =>
  readSwtpmLog(bytesSource('swtpm.log', Buffer.from(logged.join(''))));

const boot = exchanges(
  loggedExchange(CLEAR_STARTUP),
  loggedExchange(extendCommand(7, [['000b', POLICY]])),
  loggedExchange(CLEAR_STARTUP, STARTED_ALREADY),
  loggedExchange(LOAD),
  loggedExchange(GET_DIGEST, `80010000002c000000000020${POLICY}`),
  loggedExchange(UNSEAL),
  loggedExchange(CLEAR_STARTUP, STARTED_ALREADY),
  loggedExchange(IMPORT, '80010000000a0000018b'),
);

describe('attempts to unseal', () => {
  it('are told apart by their beginning, with policy, success and refusal', () => {
    expect(unsealings(boot)).toEqual([
      { policy: POLICY, unsealed: true, refusal: undefined },
      { policy: undefined, unsealed: false, refusal: 'TPM2_Import: 0x18b' },
    ]);
  });

  it('are none where nobody has loaded a key', () => {
    expect(unsealings(beforeUnsealing(boot))).toEqual([]);
    expect(beforeUnsealing(boot)).toHaveLength(3);
    expect(beforeUnsealing(boot.slice(0, 2))).toHaveLength(2);
  });
});
