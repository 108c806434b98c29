import { createHash } from 'node:crypto';
import { toHex } from '../bytes/hex.ts';
import { BANKS, type Bank, zeroPcr } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import { registeredAlgorithm } from '../measure/log-algorithm.ts';
import { algorithmName, hashOf } from './algorithm.ts';
import type { AttestBody } from './attest-body.ts';
import type { BankSelection } from './pcr-selection.ts';

/** What a quote says of PCRs: TPMS_QUOTE_INFO (TPM 2.0 Library, Part 2, 10.12.1). */
export type QuoteBody = Extract<AttestBody, { kind: 'quote' }>;

/** One thing that was looked at. */
type Check = { readonly name: string; readonly ok: boolean; readonly detail: string };

/** What the PCRs are held against. */
type PcrExpectations = {
  readonly pcrs?: PcrValues | undefined;
  readonly select?: readonly BankSelection[] | undefined;
  readonly replayed?: PcrValues | undefined;
};

/** A PCR of a bank, as a quote selects it. */
type QuotedPcr = { readonly algId: number; readonly bank: Bank | undefined; readonly pcr: number };

/**
 * Checks which PCRs are quoted, that their digest is that of the values, and that a log explains them.
 *
 * @param hash the hash algorithm of the signature, which the PCR digest is of
 */
export function quotedPcrChecks(
  body: QuoteBody,
  hash: Bank | undefined,
  expected: PcrExpectations,
): readonly Check[] {
  const quoted = body.selections.flatMap(({ algId, pcrs }) =>
    pcrs.map((pcr): QuotedPcr => ({ algId, bank: hashOf(algId), pcr })),
  );
  const { pcrs, replayed } = expected;
  return [
    selectionCheck(body, quoted, expected),
    ...(pcrs === undefined ? [] : [digestCheck('pcrDigest', body, quoted, hash, pcrs)]),
    ...(replayed === undefined ? [] : [logCheck(body, quoted, hash, replayed, pcrs)]),
  ];
}

function selectionCheck(
  { selections }: QuoteBody,
  quoted: readonly QuotedPcr[],
  expected: PcrExpectations,
): Check {
  const name = 'selection';
  const unknown = selections.find(({ algId }) => registeredAlgorithm(algId) === undefined);
  if (unknown !== undefined) {
    return { name, ok: false, detail: `there is no bank ${algorithmName(unknown.algId)}` };
  }
  if (quoted.length === 0) return { name, ok: false, detail: 'no PCR is quoted' };
  const missing = askedPcrs(quoted, expected).filter(
    (asked) => !quoted.some(({ bank, pcr }) => bank === asked.bank && pcr === asked.pcr),
  );
  const ok = missing.length === 0;
  const text = shownPcrs(ok ? quoted : missing);
  return { name, ok, detail: ok ? text : `not quoted: ${text}` };
}

/** Where it was not said which, each PCR with a value, of the banks that are quoted at all. */
function askedPcrs(quoted: readonly QuotedPcr[], expected: PcrExpectations): readonly QuotedPcr[] {
  const { select, pcrs = {} } = expected;
  const asked =
    select ??
    [...new Set(quoted.flatMap(({ bank }) => bank ?? []))].map((bank) => ({
      bank,
      pcrs: Object.keys(pcrs[bank] ?? {}).map(Number),
    }));
  return asked.flatMap(({ bank, pcrs: indices }) =>
    indices.map((pcr) => ({ algId: BANKS[bank].algId, bank, pcr })),
  );
}

/** The digest over the values, in the order of the selections (Part 3, 18.4; Part 1, 17.6.2). */
function digestCheck(
  name: string,
  { pcrDigest }: QuoteBody,
  quoted: readonly QuotedPcr[],
  hash: Bank | undefined,
  values: PcrValues,
): Check {
  if (hash === undefined) {
    return { name, ok: false, detail: 'its hash algorithm is the signature’s, which is not known' };
  }
  const seen = ({ bank, pcr }: QuotedPcr) => (bank === undefined ? undefined : values[bank]?.[pcr]);
  const without = quoted.filter((one) => seen(one) === undefined);
  if (without.length > 0) return { name, ok: false, detail: `no value of ${shownPcrs(without)}` };
  const digest = createHash(hash);
  for (const one of quoted) digest.update(Buffer.from(seen(one) ?? '', 'hex'));
  const [found, wanted] = [toHex(pcrDigest), digest.digest('hex')];
  const ok = found === wanted;
  return {
    name,
    ok,
    detail: ok ? `${found} (${hash})` : `${found}, that of the values is ${wanted}`,
  };
}

/**
 * A log explains the values that are known; where none are, those that it replays to must make the digest,
 * as must the initial values of the PCRs that it does not speak of.
 */
function logCheck(
  body: QuoteBody,
  quoted: readonly QuotedPcr[],
  hash: Bank | undefined,
  replayed: PcrValues,
  pcrs: PcrValues | undefined,
): Check {
  const name = 'eventlog';
  const logged = quoted.filter((one) => loggedValue(one, replayed) !== undefined);
  if (logged.length === 0) {
    return { name, ok: false, detail: 'the log speaks of no PCR that is quoted' };
  }
  if (pcrs === undefined) return digestCheck(name, body, quoted, hash, completed(quoted, replayed));
  const other = logged.filter(
    (one) => one.bank && pcrs[one.bank]?.[one.pcr] !== loggedValue(one, replayed),
  );
  const ok = other.length === 0;
  const detail = ok
    ? `the log replays to ${shownPcrs(logged)}`
    : `the log replays to other values of ${shownPcrs(other)}`;
  return { name, ok, detail };
}

/** Firmware extends each of PCRs 0 to 7 (TCG PC Client PFP 1.06, 3.3.4): a log without them lacks events. */
const LAST_FIRMWARE_PCR = 7;

function loggedValue({ bank, pcr }: QuotedPcr, replayed: PcrValues): string | undefined {
  const values = bank && replayed[bank];
  if (values === undefined) return undefined;
  return values[pcr] ?? (pcr <= LAST_FIRMWARE_PCR ? zeroPcr(bank ?? 'sha256') : undefined);
}

function completed(quoted: readonly QuotedPcr[], replayed: PcrValues): PcrValues {
  const banks: Partial<Record<Bank, Record<number, string>>> = {};
  for (const { bank, pcr } of quoted) {
    if (bank === undefined || replayed[bank] === undefined) continue;
    banks[bank] ??= {};
    banks[bank][pcr] = replayed[bank][pcr] ?? initialValue(bank, pcr);
  }
  return banks;
}

/** PCRs of dynamic launches are ones until then (PC Client Platform TPM Profile, 3.2.4). */
function initialValue(bank: Bank, pcr: number): string {
  return pcr >= 17 && pcr <= 22 ? 'ff'.repeat(BANKS[bank].digestBytes) : zeroPcr(bank);
}

/** PCRs for people: `sha256:0,4,7`. */
function shownPcrs(pcrs: readonly QuotedPcr[]): string {
  const banks = [...new Set(pcrs.map(({ algId }) => algId))];
  return banks
    .map((algId) => {
      const indices = pcrs.filter((one) => one.algId === algId).map(({ pcr }) => pcr);
      return `${algorithmName(algId)}:${indices.join()}`;
    })
    .join('+');
}
