import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readEventLog } from './event-log.ts';
import { extendingEvents, replayLog } from './log-replay.ts';
import { agileRecord, ascii, digestOf, specIdRecord } from './testing/log-bytes.ts';

const SHA1 = 0x0004;
const SHA256 = 0x000b;

// SHA-1 and SHA-256 of four zero bytes, which every firmware measures as separator.
const SEPARATOR_SHA1 = '9069ca78e7450a285173431b3e52c5c25299e473';
const SEPARATOR_SHA256 = 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119';

const separator = (pcr: number) =>
  agileRecord(
    pcr,
    'EV_SEPARATOR',
    [
      [SHA1, SEPARATOR_SHA1],
      [SHA256, SEPARATOR_SHA256],
    ],
    Buffer.alloc(4),
  );

function logOf(...records: readonly Uint8Array[]) {
  const header = specIdRecord([
    [SHA1, 20],
    [SHA256, 32],
  ]);
  return readEventLog(bytesSource('log', Buffer.concat([header, ...records])));
}

describe('replay of a log', () => {
  // PCR 2, 3 and 6 of nearly every machine: only the separator.
  const onlySeparatorSha1 = 'b2a83b0ebf2f8374299a5b2bdfc31ea955ad7236';
  const onlySeparatorSha256 = '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969';

  it('extends every announced bank', () => {
    expect(replayLog(logOf(separator(2), separator(6)))).toEqual({
      sha1: { 2: onlySeparatorSha1, 6: onlySeparatorSha1 },
      sha256: { 2: onlySeparatorSha256, 6: onlySeparatorSha256 },
    });
  });

  it('never extends with EV_NO_ACTION', () => {
    const note = agileRecord(
      2,
      'EV_NO_ACTION',
      [[SHA256, digestOf('sha256', 0xaa)]],
      ascii('SP800-155 Event\0'),
    );
    const log = logOf(note, separator(2), note);
    expect(replayLog(log).sha256).toEqual({ 2: onlySeparatorSha256 });
    expect(extendingEvents(log).map(({ index }) => index)).toEqual([2]);
  });

  it('leaves out a PCR whose value a bank does not tell', () => {
    const sha256Only = agileRecord(3, 'EV_IPL', [[SHA256, SEPARATOR_SHA256]], ascii('x'));
    expect(replayLog(logOf(separator(2), sha256Only, separator(3)))).toMatchObject({
      sha1: { 2: onlySeparatorSha1 },
      sha256: { 2: onlySeparatorSha256, 3: expect.any(String) },
    });
    expect(replayLog(logOf(sha256Only)).sha1).toEqual({});
  });

  it('starts PCR 0, and no other, at the startup locality', () => {
    const startup = agileRecord(0, 'EV_NO_ACTION', [], ascii('StartupLocality\0\x03'));
    const { sha256 } = replayLog(logOf(startup, separator(0), separator(1)));
    // printf '%062d03%s' 0 $SEPARATOR_SHA256 | xxd -r -p | sha256sum
    expect(sha256?.[0]).toBe('50bd7d88f0414b40608f8ffc56fd4f3201b5ed0644e36b8128d33624ebe0f053');
    expect(sha256?.[1]).toBe(onlySeparatorSha256);
  });

  it('goes on with what the system measured later', () => {
    const later = { pcr: 2, digests: { sha1: SEPARATOR_SHA1, sha256: SEPARATOR_SHA256 } };
    const twice = replayLog(logOf(separator(2), separator(2)));
    expect(replayLog(logOf(separator(2)), [later])).toEqual(twice);
  });
});
