import { describe, expect, it } from 'vitest';
import { judgePcr, judgePcrValue } from './judge-pcr.ts';
import type { Observation } from './observation.ts';
import { type Measured, madeObservation, madePrediction } from './testing/made-observation.ts';

const BOOT: readonly Measured[] = [
  [4, 'Calling EFI Application from Boot Option'],
  [7, 'policy'],
  [4, 'image'],
  [4, 'kernel'],
];
const prediction = madePrediction(BOOT);
const [CALLING, POLICY, IMAGE, KERNEL] = BOOT as [Measured, Measured, Measured, Measured];

/** State and sentence of the judgement by value, then of the one event by event. */
function said(pcr: number, observation: Observation, predicted = prediction) {
  return judgePcr(pcr, predicted, observation).map(
    ({ state, sentence }) => `${state}: ${sentence}`,
  );
}

const VALUE_HOLDS = 'pass: PCR 4 has the predicted value in sha256 and sha384';
const VALUE_FAILS = 'fail: PCR 4 has another value than predicted in sha256 and sha384';
const EVENTS_HOLD = 'pass: PCR 4 was extended with the predicted 3 events';

describe('a PCR', () => {
  it('passes by value and by events', () => {
    expect(judgePcr(7, prediction, madeObservation(BOOT))).toEqual([
      {
        state: 'pass',
        sentence: 'PCR 7 has the predicted value in sha256 and sha384',
        expected: expect.stringMatching(/^sha256:7=[0-9a-f]{64} sha384:7=[0-9a-f]{96}$/),
        observed: expect.stringMatching(/^sha256:7=[0-9a-f]{64} sha384:7=[0-9a-f]{96}$/),
        witness: 'guest command',
        file: 'pcrread.txt',
      },
      {
        state: 'pass',
        sentence: 'PCR 7 was extended with the predicted 1 event',
        expected: '1 event',
        observed: '1 event',
        witness: 'event log',
        file: 'binary_bios_measurements',
      },
    ]);
    expect(said(4, madeObservation(BOOT))).toEqual([VALUE_HOLDS, EVENTS_HOLD]);
  });

  it('passes where it was to stay as it was reset', () => {
    expect(said(9, madeObservation(BOOT))).toEqual([
      'pass: PCR 9 has the predicted value in sha256 and sha384',
      'pass: PCR 9 was not extended, as predicted',
    ]);
  });

  it.each([
    [
      'another event',
      [CALLING, POLICY, [4, 'other image'], KERNEL],
      '1: EV_EFI_ACTION differs: image → other image (input: boot image)',
    ],
    [
      'one event more',
      [...BOOT, [4, 'second kernel']],
      '3: there is an extra event: EV_EFI_ACTION second kernel (input: boot image)',
    ],
    [
      'one event less',
      [CALLING, POLICY, IMAGE],
      '2: an event is missing: EV_EFI_ACTION kernel (input: boot image)',
    ],
    [
      'events the other way round',
      [CALLING, POLICY, KERNEL, IMAGE],
      '1: an event is missing: EV_EFI_ACTION image (input: boot image); ' +
        'there is an extra event: EV_EFI_ACTION image (input: boot image)',
    ],
    [
      'no event at all',
      [POLICY],
      `0: an event is missing: EV_EFI_ACTION ${CALLING[1]} (input: boot image); ` +
        'an event is missing: EV_EFI_ACTION image (input: boot image); ' +
        'an event is missing: EV_EFI_ACTION kernel (input: boot image)',
    ],
    [
      'many events more',
      [CALLING, POLICY, [4, 'a'], [4, 'b'], [4, 'c'], [4, 'd'], IMAGE, KERNEL],
      '1: there is an extra event: EV_EFI_ACTION a (input: boot image); ' +
        'there is an extra event: EV_EFI_ACTION b (input: boot image); ' +
        'there is an extra event: EV_EFI_ACTION c (input: boot image); 1 more difference',
    ],
  ] as const)('fails twice with %s, and names event and input', (_, measured, words) => {
    expect(said(4, madeObservation(measured))).toEqual([
      VALUE_FAILS,
      `fail: PCR 4 differs first at its event ${words}`,
    ]);
    const other = judgePcr(7, prediction, madeObservation(measured));
    expect(other.map(({ state }) => state)).toEqual(['pass', 'pass']);
  });

  it('shows both events where they part', () => {
    const [, more] = judgePcr(4, prediction, madeObservation([...BOOT, [4, 'second']]));
    expect(more).toMatchObject({
      expected: 'no further event',
      observed: expect.stringMatching(/^EV_EFI_ACTION \(second\) sha256:[0-9a-f]{64} sha384:/),
    });
    const [, less] = judgePcr(4, prediction, madeObservation([CALLING, POLICY, IMAGE]));
    expect(less).toMatchObject({
      expected: expect.stringMatching(/^EV_EFI_ACTION \(kernel\) sha256:/),
      observed: 'no further event',
    });
  });

  it('fails by value alone where the TPM holds what no log tells', () => {
    const honest = madeObservation(BOOT);
    const lied = { ...honest, pcrs: madeObservation([...BOOT, [4, 'unlogged']]).pcrs };
    expect(said(4, lied)).toEqual([VALUE_FAILS, EVENTS_HOLD]);
  });

  it('fails in the one bank that differs', () => {
    const honest = madeObservation(BOOT);
    const { sha256 } = madeObservation([]).pcrs;
    const pcrs = { ...honest.pcrs, sha256: { ...sha256 } };
    expect(said(4, { ...honest, pcrs })).toEqual([
      'fail: PCR 4 has another value than predicted in sha256',
      EVENTS_HOLD,
    ]);
  });

  it('fails where a predicted bank was not read or logged', () => {
    expect(said(4, madeObservation(BOOT, ['sha256']))).toEqual([
      'fail: PCR 4 was not read in sha384',
      'fail: the logs do not tell event 0 of PCR 4 in sha384',
    ]);
    expect(said(4, madeObservation(BOOT, ['sha1']))).toEqual([
      'fail: PCR 4 was not read in sha256 and sha384',
      'fail: the logs do not tell event 0 of PCR 4 in sha256',
    ]);
  });

  it('fails where it was not read', () => {
    const honest = madeObservation(BOOT);
    const { 4: _, ...sha256 } = { ...honest.pcrs.sha256 };
    const [value] = judgePcr(4, prediction, { ...honest, pcrs: { ...honest.pcrs, sha256 } });
    expect(value).toMatchObject({
      state: 'fail',
      sentence: 'PCR 4 was not read in sha256',
      observed: expect.stringMatching(/^sha256:4=none sha384:4=/),
    });
  });
});

describe('a PCR that is not predicted', () => {
  it('is not tested, with the reason', () => {
    const unpredictable = [{ pcr: 4, reason: 'the boot loader is not known' }];
    expect(said(4, madeObservation(BOOT), { ...prediction, unpredictable })).toEqual([
      'not-tested: PCR 4 cannot be predicted: the boot loader is not known',
    ]);
  });

  it('is never met by a boot that shows nothing either', () => {
    const none = { ...madeObservation([]), pcrs: {}, replayed: {} };
    expect(said(4, none, { banks: {}, events: [], learned: [], unpredictable: [] })).toEqual([
      'not-tested: PCR 4 cannot be predicted: the prediction has no bank',
    ]);
    expect(
      said(4, none, { banks: { sha256: {} }, events: [], learned: [], unpredictable: [] }),
    ).toEqual(['not-tested: PCR 4 cannot be predicted: the prediction has no value in sha256']);
    expect(said(23, madeObservation(BOOT))).toEqual([
      'not-tested: PCR 23 cannot be predicted: the prediction has no value in sha256 and sha384',
    ]);
  });
});

describe('a PCR that was learned', () => {
  it('is never said to have been predicted', () => {
    const learned = [{ pcr: 4, what: 'the volume with the PEI modules' }];
    const [value] = said(4, madeObservation(BOOT), { ...prediction, learned });
    expect(value).toBe('pass: PCR 4 has the learned value in sha256 and sha384');
  });
});

describe('a PCR of which there is no log', () => {
  it('is judged by its value alone', () => {
    expect(judgePcrValue(4, prediction, madeObservation(BOOT)).state).toBe('pass');
    expect(judgePcrValue(4, prediction, madeObservation([POLICY])).state).toBe('fail');
  });

  it('is not tested where it cannot be predicted', () => {
    const unknown = { ...prediction, unpredictable: [{ pcr: 4, reason: 'nobody knows' }] };
    expect(judgePcrValue(4, unknown, madeObservation(BOOT))).toMatchObject({
      state: 'not-tested',
      sentence: 'PCR 4 cannot be predicted: nobody knows',
    });
  });
});

describe('the events of a PCR', () => {
  it('are not blamed for what the logs leave out of another', () => {
    const observation = madeObservation(BOOT);
    const events = observation.events.map((event) =>
      event.pcr === 7 ? { ...event, digests: {} } : event,
    );
    expect(said(4, { ...observation, events })).toEqual([VALUE_HOLDS, EVENTS_HOLD]);
  });
});
