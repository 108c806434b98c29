import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hidingLast, judgeDoctoredLog } from './judge-doctored-log.ts';
import { judgeReplay } from './judge-logs.ts';
import { judgeTpmCommands } from './judge-tpm-commands.ts';
import { type Measured, madeObservation } from './testing/made-observation.ts';

const MEASURED: readonly Measured[] = [
  [0, 'firmware'],
  [7, 'SecureBoot'],
  [4, 'UKI'],
  [4, 'implant'],
];

const digests = (text: string) => ({
  sha256: createHash('sha256').update(text).digest('hex'),
  sha384: createHash('sha384').update(text).digest('hex'),
});

const extended = MEASURED.map(([pcr, text]) => ({ pcr, digests: digests(text) }));

const states = (observation: Parameters<typeof judgeTpmCommands>[0]) =>
  judgeTpmCommands(observation).map(({ state }) => state);

describe("a guest's word against its TPM's commands", () => {
  it('passes where both say the same', () => {
    expect(states({ ...madeObservation(MEASURED), extended })).toEqual(['pass', 'pass']);
  });

  it('fails where the log leaves out an event, though all that the guest says fits together', () => {
    const lie = madeObservation(MEASURED.slice(0, -1));
    expect(judgeReplay([0, 4, 7], lie).state).toBe('pass');
    const [events, values] = judgeTpmCommands({ ...lie, extended });
    expect(events).toMatchObject({ state: 'fail', observed: 'of the logs: no further extend' });
    expect(events?.expected).toContain(digests('implant').sha256);
    expect(values).toMatchObject({ state: 'fail', file: 'pcrread.txt' });
    expect(values?.sentence).toContain('PCR 4');
  });

  it('fails where the log names another event, or another order', () => {
    const other = MEASURED.with(3, [4, 'harmless']);
    expect(states({ ...madeObservation(other), extended })).toEqual(['fail', 'fail']);
    const swapped = [
      ...MEASURED.slice(0, 1),
      ...MEASURED.slice(1, 3).reverse(),
      ...MEASURED.slice(3),
    ];
    expect(states({ ...madeObservation(swapped), extended })).toEqual(['fail', 'pass']);
  });

  it('fails where one bank of two is not what the TPM was sent', () => {
    const honest = madeObservation(MEASURED);
    const pcrs = { ...honest.pcrs, sha384: { ...honest.pcrs.sha384, 4: 'ff'.repeat(48) } };
    const [events, values] = judgeTpmCommands({ ...honest, pcrs, extended });
    expect([events?.state, values?.state]).toEqual(['pass', 'fail']);
    expect(values?.observed).toContain('ff'.repeat(48));
    expect(values?.observed).not.toContain('PCR 7');
  });

  it('is of the banks that the guest has read and the TPM was sent', () => {
    const { sha384: _, ...alone } = madeObservation(MEASURED).pcrs;
    expect(states({ ...madeObservation(MEASURED), pcrs: alone, extended })).toEqual([
      'pass',
      'pass',
    ]);
    const [first, ...others] = extended;
    const { sha384: __, ...sha256 } = digests('firmware');
    const sent = [{ pcr: first?.pcr ?? 0, digests: sha256 }, ...others];
    const [, values] = judgeTpmCommands({ ...madeObservation(MEASURED), extended: sent });
    expect(values).toMatchObject({
      state: 'pass',
      sentence: expect.stringMatching(/in SHA-?256$/i),
    });
  });

  it('leaves out the PCR of IMA, whose log is not collected', () => {
    const ima = { pcr: 10, digests: digests('boot_aggregate') };
    const observation = madeObservation([...MEASURED, [10, 'boot_aggregate']]);
    const events = observation.events.filter(({ pcr }) => pcr !== 10);
    expect(states({ ...observation, events, extended: [...extended, ima] })).toEqual([
      'pass',
      'pass',
    ]);
  });

  it('is vacuous where there is nothing to compare', () => {
    expect(states(madeObservation(MEASURED))).toEqual([]);
    expect(states({ ...madeObservation(MEASURED), extended: [] })).toEqual(['vacuous']);
  });
});

describe('a doctored log', () => {
  it('is given away by the commands of the TPM', () => {
    expect(judgeDoctoredLog({ ...madeObservation(MEASURED), extended })).toMatchObject({
      state: 'pass',
      observed: expect.stringContaining('they part at extend 3'),
    });
  });

  it('is not noticed where the commands were kept by who hides as well', () => {
    const honest = { ...madeObservation(MEASURED), extended };
    const hidden = extended.findLastIndex(({ pcr }) => pcr === 4);
    const complicit = { ...hidingLast(honest), extended: extended.toSpliced(hidden, 1) };
    expect(judgeDoctoredLog(honest, complicit)).toMatchObject({
      state: 'fail',
      sentence: expect.stringContaining('is not noticed'),
    });
  });

  it('proves nothing where the honest one does not agree with the TPM, or tells of no boot', () => {
    const other = extended.slice(1);
    expect(judgeDoctoredLog({ ...madeObservation(MEASURED), extended: other }).state).toBe(
      'vacuous',
    );
    const none = MEASURED.slice(0, 2);
    const without = { ...madeObservation(none), extended: extended.slice(0, 2) };
    expect(judgeDoctoredLog(without).state).toBe('vacuous');
  });
});
