import { ALL_BANKS, type Bank, zeroPcr } from '../measure/bank.ts';
import type { MeasuredEvent, PcrValues } from '../measure/event.ts';
import { replay } from '../measure/replay.ts';
import { listed, valuesOf } from './judge-pcr.ts';
import type { Judgement } from './judgement.ts';
import { type Observation, PCR_FILE, TPM_FILE } from './observation.ts';

/** Of the boot; what comes after is the system's own, or can be reset. */
const PCRS = Array.from({ length: 16 }, (_, pcr) => pcr);

/** IMA keeps a log of its own, which is not collected. */
const IMA_PCR = 10;

/**
 * Judges a guest's word against that of its TPM, whose log of commands the host has kept since power-on:
 * the extends that the TPM made must be the events that the guest's logs tell of, one by one and in the
 * same order, and must give the PCRs that the guest says it read.
 *
 * @returns nothing where no host has kept the TPM's commands
 */
export function judgeTpmCommands(observation: Observation): readonly Judgement[] {
  const { extended } = observation;
  if (extended === undefined) return [];
  const banks = banksOf(observation);
  if (extended.length === 0 || banks.length === 0) {
    return [{ ...ABOUT_EVENTS, ...NOTHING, state: 'vacuous' }];
  }
  return [judgeEvents(extended, banks, observation), judgeValues(extended, banks, observation)];
}

const ABOUT_EVENTS = { witness: 'TPM command log', file: TPM_FILE } as const;

const NOTHING = {
  sentence: 'the TPM’s log tells of no extend in a bank that the guest has read',
  expected: 'extends',
  observed: 'none',
} as const;

type Extends = NonNullable<Observation['extended']>;

function banksOf({ pcrs, extended = [] }: Observation): readonly Bank[] {
  return ALL_BANKS.filter(
    (bank) => pcrs[bank] !== undefined && extended.every(({ digests }) => digests[bank]),
  );
}

function judgeEvents(
  extended: Extends,
  banks: readonly Bank[],
  { events }: Observation,
): Judgement {
  const seen = extended.filter(({ pcr }) => pcr !== IMA_PCR);
  const told = events.filter(({ pcr }) => pcr !== IMA_PCR);
  const last = Math.max(seen.length, told.length);
  const index = Array.from({ length: last }, (_, at) => at).find(
    (at) => textOf(banks, seen[at]) !== textOf(banks, told[at]),
  );
  if (index === undefined) {
    const sentence = `the logs tell of the ${seen.length} extends that the TPM was sent, in their order`;
    const observed = `${told.length} events, each as the TPM was sent it`;
    return { ...ABOUT_EVENTS, state: 'pass', sentence, expected: sentence, observed };
  }
  return {
    ...ABOUT_EVENTS,
    state: 'fail',
    sentence: `the guest’s logs are not what the TPM was sent: they part at extend ${index}`,
    expected: `of the TPM: ${textOf(banks, seen[index])}`,
    observed: `of the logs: ${textOf(banks, told[index])}${described(told[index])}`,
  };
}

function judgeValues(
  extended: Extends,
  banks: readonly Bank[],
  { log, pcrs }: Observation,
): Judgement {
  const values: PcrValues = Object.fromEntries(
    banks.map((bank) => [bank, withUntouched(bank, extended, log.startupLocality)]),
  );
  const differing = PCRS.filter((pcr) =>
    banks.some((bank) => values[bank]?.[pcr] !== pcrs[bank]?.[pcr]),
  );
  const shown = differing.length === 0 ? PCRS : differing;
  const common = {
    expected: shown.map((pcr) => valuesOf(pcr, banks, values)).join('; '),
    observed: shown.map((pcr) => valuesOf(pcr, banks, pcrs)).join('; '),
    witness: 'TPM command log',
    file: PCR_FILE,
  } as const;
  if (differing.length === 0) {
    const sentence = `the guest read the PCRs that the TPM’s own commands give in ${listed(banks)}`;
    return { ...common, state: 'pass', sentence };
  }
  const sentence = `the guest says of PCR ${differing.join(', ')} what the TPM’s commands do not give`;
  return { ...common, state: 'fail', sentence };
}

function withUntouched(bank: Bank, extended: Extends, startupLocality: number) {
  const values = replay(extended, bank, startupLocality);
  return Object.fromEntries(PCRS.map((pcr) => [pcr, values[pcr] ?? zeroPcr(bank)]));
}

function textOf(banks: readonly Bank[], extend: Extends[number] | undefined): string {
  if (extend === undefined) return 'no further extend';
  const digests = banks.map((bank) => `${bank}:${extend.digests[bank] ?? 'none'}`);
  return `PCR ${extend.pcr} ${digests.join(' ')}`;
}

function described(event: MeasuredEvent | undefined): string {
  return event === undefined ? '' : ` (${event.description})`;
}
