import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readEventLog } from '../measure/event-log.ts';
import { replayLog } from '../measure/log-replay.ts';
import { measuredEvents } from '../measure/measured-events.ts';
import { describeWithFixtures, fixtureSource } from '../measure/testing/fixtures.ts';
import { agileRecord, digestOf, specIdRecord } from '../measure/testing/log-bytes.ts';
import { readUserspaceLog } from '../measure/userspace-log.ts';
import { readPcrValues } from '../tpm/pcrread.ts';
import { judgeEventData, judgeReplay } from './judge-logs.ts';
import type { Observation } from './observation.ts';
import { type Measured, madeObservation } from './testing/made-observation.ts';

const BOOT: readonly Measured[] = [
  [0, 'version'],
  [4, 'image'],
  [11, 'section'],
];

describe('the replay of the logs', () => {
  it('accounts for PCRs that were extended and for those that were not', () => {
    expect(judgeReplay([0, 4, 9], madeObservation(BOOT))).toMatchObject({
      state: 'pass',
      sentence: 'the logs replay to PCRs 0, 4, 9 in sha256 and sha384',
      witness: 'event log',
      file: 'binary_bios_measurements',
    });
  });

  it('fails where the TPM holds more than the log, and names the PCRs', () => {
    const { pcrs } = madeObservation([...BOOT, [4, 'unlogged'], [9, 'unlogged']]);
    expect(judgeReplay([0, 4, 9, 11], { ...madeObservation(BOOT), pcrs })).toMatchObject({
      state: 'fail',
      sentence: 'the logs do not account for PCRs 4, 9',
      expected: expect.stringMatching(/^sha256:4=.*; sha256:9=0{64} sha384:9=0{96}$/),
      observed: expect.not.stringContaining(':9=0000'),
    });
  });

  it('fails where the log leaves out a bank of the TPM', () => {
    const { pcrs } = madeObservation(BOOT);
    const observation = { ...madeObservation(BOOT, ['sha256']), pcrs };
    expect(judgeReplay([4, 9], observation)).toMatchObject({
      state: 'fail',
      sentence: 'the logs do not account for PCRs 4, 9',
      expected: expect.stringContaining('sha384:4=none'),
    });
  });

  it('fails where the log does not tell what a bank was extended with', () => {
    const usual = madeObservation(BOOT);
    const replayed = { ...usual.replayed, sha384: {} };
    const zeros = { ...usual.pcrs.sha384, 4: '00'.repeat(48) };
    for (const sha384 of [usual.pcrs.sha384 ?? {}, zeros, {}]) {
      const observation = { ...usual, replayed, pcrs: { ...usual.pcrs, sha384 } };
      expect(judgeReplay([4], observation)).toMatchObject({
        state: 'fail',
        expected: expect.stringContaining('sha384:4=none'),
      });
    }
  });

  it('wants zeros of a PCR that nobody extended, and of no other', () => {
    const { pcrs } = madeObservation(BOOT);
    const nine = { ...pcrs.sha256, 9: 'ee'.repeat(32) };
    const extended = { ...madeObservation(BOOT), pcrs: { ...pcrs, sha256: nine } };
    expect(judgeReplay([9], extended)).toMatchObject({ state: 'fail' });
    const four = { ...pcrs.sha256, 4: '00'.repeat(32) };
    const reset = { ...madeObservation(BOOT), pcrs: { ...pcrs, sha256: four } };
    expect(judgeReplay([4], reset)).toMatchObject({
      state: 'fail',
      expected: expect.not.stringContaining('sha256:4=0000'),
    });
  });

  it('fails where a PCR or a bank of the log was not read', () => {
    const { pcrs } = madeObservation(BOOT, ['sha256']);
    expect(judgeReplay([0], { ...madeObservation(BOOT), pcrs })).toMatchObject({
      state: 'fail',
      sentence: 'the logs do not account for PCR 0',
      observed: expect.stringContaining('sha384:0=none'),
    });
    const unread = { ...madeObservation(BOOT), pcrs: { sha256: {}, sha384: {} } };
    expect(judgeReplay([9], unread).state).toBe('fail');
  });

  it('proves nothing without PCRs or banks', () => {
    const sentence = 'there is no PCR bank that the logs could account for';
    expect(judgeReplay([], madeObservation(BOOT))).toMatchObject({ state: 'vacuous', sentence });
    const made = madeObservation(BOOT);
    const bare = { ...made, pcrs: {}, log: { ...made.log, algorithms: [] } };
    expect(judgeReplay([4], bare)).toMatchObject({ state: 'vacuous', sentence });
  });
});

function observationOf(log: Uint8Array): Observation {
  const read = readEventLog(bytesSource('log', log));
  return { pcrs: {}, log: read, events: [], replayed: {} };
}

describe('event data', () => {
  it('passes where the digests are those of the data', () => {
    expect(judgeEventData(madeObservation(BOOT))).toMatchObject({
      state: 'pass',
      sentence: '3 of 3 events carry the bytes of their digests',
    });
  });

  it('fails at the event that carries other bytes', () => {
    const record = agileRecord(
      4,
      'EV_SEPARATOR',
      [[0x000b, digestOf('sha256', 1)]],
      new Uint8Array(4),
    );
    const log = Buffer.concat([specIdRecord([[0x000b, 32]]), record, record]);
    expect(judgeEventData(observationOf(log))).toMatchObject({
      state: 'fail',
      sentence: 'event 1 of the log carries other bytes than were measured',
      observed: 'event 1, PCR 4, EV_SEPARATOR: digests of something else',
    });
  });

  it('proves nothing where no event carries what was measured', () => {
    expect(judgeEventData(madeObservation([]))).toMatchObject({
      state: 'vacuous',
      sentence: 'no event of the log carries what was measured',
    });
    expect(judgeEventData(observationOf(Buffer.concat([SPEC_ID, IMAGE])))).toMatchObject({
      state: 'vacuous',
    });
  });

  it('counts the events that carry it', () => {
    const data = Buffer.alloc(4);
    const sha256 = createHash('sha256').update(data).digest('hex');
    const separator = agileRecord(4, 'EV_SEPARATOR', [[0x000b, sha256]], data);
    expect(judgeEventData(observationOf(Buffer.concat([SPEC_ID, IMAGE, separator])))).toMatchObject(
      {
        state: 'pass',
        sentence: '1 of 2 events carry the bytes of their digests',
      },
    );
  });
});

const SPEC_ID = specIdRecord([[0x000b, 32]]);

/** An event whose data tells of the image, and is not what was hashed. */
const IMAGE = agileRecord(
  4,
  'EV_EFI_BOOT_SERVICES_APPLICATION',
  [[0x000b, digestOf('sha256', 1)]],
  new Uint8Array(32),
);

describeWithFixtures('recorded boots', () => {
  it.each(['i-sboff-nocreds', 'ii-sbon', 'iv-shim'])('%s replays, and only untouched', (name) => {
    const log = readEventLog(fixtureSource(`boots/${name}/binary_bios_measurements`));
    const { events } = readUserspaceLog(fixtureSource(`boots/${name}/tpm2-measure.log`));
    const observation: Observation = {
      pcrs: readPcrValues(fixtureSource(`boots/${name}/pcrread.yaml`)),
      log,
      events: [...measuredEvents(log, () => ''), ...events],
      replayed: replayLog(log, events),
    };
    const pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 11];
    expect(judgeReplay(pcrs, observation)).toMatchObject({ state: 'pass' });
    const forgetful = { ...observation, replayed: replayLog(log) };
    expect(judgeReplay(pcrs, forgetful)).toMatchObject({
      state: 'fail',
      sentence: 'the logs do not account for PCR 11',
    });
    expect(judgeEventData(observation).state).toBe('pass');
  });
});
