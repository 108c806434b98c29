import type { Bank } from '../../../harness/measure/bank.ts';
import { cutOff, log, otherPcr, pcrs, records, text } from '../doctored-evidence.ts';
import type { Sabotage } from '../sabotage.ts';
import { evidence } from '../words.ts';

/** Guests whose logs, or whose PCRs, do not tell what took place. */
export const TOLD_EVIDENCE: readonly Sabotage[] = [
  evidence(
    'CVM-MB-001',
    {
      what: 'the TPM holds another PCR 4 than the log tells',
      says: 'PCR 4 has another value than predicted in sha256 and sha384',
    },
    otherPcr(4),
  ),
  evidence(
    'CVM-MB-001',
    { what: 'a bank of the TPM is not read', says: 'PCR 4 was not read in sha384' },
    pcrs(without('sha384')),
  ),
  evidence(
    'CVM-MB-001',
    { what: 'the log leaves out the digests of a bank', says: 'the logs do not tell event' },
    log((all) => all.map((one) => ({ ...one, digests: only('sha256', one.digests) }))),
  ),
  evidence(
    'CVM-MB-003',
    {
      what: 'PCR 11 of one bank was capped behind the boot',
      says: 'PCR 11 has another value than predicted in sha384',
    },
    pcrs((values) => ({ ...values, sha384: { ...values.sha384, 11: 'ee'.repeat(48) } })),
  ),
  evidence(
    'CVM-MB-004',
    { what: 'the log leaves out what was started', says: 'the logs do not account for PCR 4' },
    log((all) => all.filter(({ type }) => type !== 'EV_EFI_BOOT_SERVICES_APPLICATION')),
  ),
  evidence(
    'CVM-MB-004',
    { what: 'the log tells of its events in another order', says: 'the logs do not account for' },
    log((all) => all.toReversed()),
  ),
  evidence(
    'CVM-MB-004',
    { what: 'PCR 9 is extended and no log tells of it', says: 'the logs do not account for PCR 9' },
    otherPcr(9),
  ),
  evidence(
    'CVM-MB-004',
    {
      what: 'the TPM has a bank that the log does not announce',
      says: 'the logs do not account for',
    },
    pcrs((values) => ({ ...values, sha1: zeros(20) })),
  ),
  evidence(
    'CVM-MB-004',
    {
      what: 'the log breaks off in the middle of an event',
      says: 'binary_bios_measurements: at 0x',
    },
    cutOff('eventLog', 7),
  ),
  evidence(
    'CVM-MB-005',
    { what: 'systemd’s log leaves out a phase', says: 'the logs do not account for PCR 11' },
    records((all) => all.filter((one) => !one.includes('sysinit'))),
  ),
  evidence(
    'CVM-MB-005',
    {
      what: 'PCR 15 is extended and no log tells of it',
      says: 'the logs do not account for PCR 15',
    },
    otherPcr(15),
  ),
  evidence(
    'CVM-MB-005',
    {
      what: 'systemd’s log is no log',
      says: 'tpm2-measure.log: at 0x0: expected a JSON text sequence',
    },
    text('userspaceLog', () => 'no log'),
  ),
  evidence(
    'CVM-MB-008',
    {
      what: 'an event’s data was changed and its digests were not',
      says: 'of the log carries other bytes than were measured',
    },
    log((all) =>
      all.map((one) =>
        one.type === 'EV_S_CRTM_VERSION' ? { ...one, data: Buffer.from('forged') } : one,
      ),
    ),
  ),
  evidence(
    'CVM-MB-008',
    {
      what: 'a separator carries an error that was not measured',
      says: 'carries other bytes than were measured',
    },
    log((all) =>
      all.map((one) =>
        one.type === 'EV_SEPARATOR' ? { ...one, data: Buffer.of(1, 0, 0, 0) } : one,
      ),
    ),
  ),
  evidence(
    'CVM-MB-017',
    { what: 'IMA has measured a file', says: 'PCR 10 has another value than predicted' },
    otherPcr(10),
  ),
  evidence(
    'CVM-MB-011',
    {
      what: 'PCR 2 is extended and no log tells of it',
      says: 'PCR 2 has another value than predicted',
    },
    otherPcr(2),
  ),
  evidence(
    'CVM-MB-014',
    { what: 'the guest answers with PCRs that are none', says: 'pcrread.txt: at 0x' },
    text('pcrs', () => 'ERROR: Unable to run tpm2_pcrread\n'),
  ),
];

type Values = Readonly<Partial<Record<Bank, Readonly<Record<number, string>>>>>;

function without(bank: Bank) {
  return (values: Values): Values =>
    only(Object.keys(values).find((one) => one !== bank) ?? '', values);
}

function only<T>(name: string, values: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const value = values[name];
  return value === undefined ? {} : { [name]: value };
}

/** A bank that nobody has extended. */
function zeros(bytes: number): Readonly<Record<number, string>> {
  return Object.fromEntries(Array.from({ length: 24 }, (_, pcr) => [pcr, '00'.repeat(bytes)]));
}
