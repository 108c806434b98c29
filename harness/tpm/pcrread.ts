import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { BANKS, type Bank, isBank } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import { type LogAlgorithm, namedAlgorithm } from '../measure/log-algorithm.ts';

/** One line of the text, without its line break. */
type Line = { readonly text: string; readonly offset: number };

const LARGEST_TEXT = 16 << 20;

/** TPM2_MAX_PCRS of the TPM2 software stack. */
const LAST_PCR = 31;

const BANK_LINE = /^ *([a-z0-9_]{1,32}) *: *$/;
const PCR_LINE = /^ *([0-9]{1,2}) *: *(?:0x)?([0-9A-Fa-f]{2,256}) *$/;

/**
 * Reads what `tpm2_pcrread` prints, of any version and any choice of banks, and the `pcrs:` block
 * that `tpm2_eventlog` prints behind the events (tpm2-tools, lib/pcr.c and
 * lib/tpm2_eventlog_yaml.c).
 *
 * Banks without a PCR are left out, as are banks that this project does not compute.
 *
 * @param source the text
 * @returns PCR values in lower-case hex
 * @throws FormatError where a line is neither a bank nor one of its PCRs, a value has another size
 *   than the bank's digests, anything stands there twice, or no PCR at all
 */
export function readPcrValues(source: ByteSource): PcrValues {
  const banks = new Map<string, Record<number, string>>();
  let bank: [LogAlgorithm, Record<number, string>] | undefined;
  for (const line of pcrLines(source)) {
    const opened = openBank(source.name, line, banks);
    if (opened !== undefined) {
      bank = opened;
    } else {
      addPcr(source.name, line, bank);
    }
  }
  const values = [...banks].filter((entry): entry is [Bank, Record<number, string>] =>
    isBank(entry[0]),
  );
  const filled = values.filter(([, pcrs]) => Object.keys(pcrs).length > 0);
  if (filled.length === 0) {
    const expected = `PCR values of a bank: ${Object.keys(BANKS).join(', ')}`;
    throw new FormatError({ file: source.name, offset: 0, expected, found: 'none' });
  }
  return Object.fromEntries(filled);
}

/** Reads a line such as `sha256:`; `undefined` where it is none. */
function openBank(
  file: string,
  { text, offset }: Line,
  banks: Map<string, Record<number, string>>,
): [LogAlgorithm, Record<number, string>] | undefined {
  const algorithm = namedAlgorithm(BANK_LINE.exec(text)?.[1] ?? '');
  if (algorithm === undefined) return undefined;
  if (banks.has(algorithm.name)) {
    const found = `${algorithm.name} again`;
    throw new FormatError({ file, offset, expected: 'each bank once', found });
  }
  const pcrs = {};
  banks.set(algorithm.name, pcrs);
  return [algorithm, pcrs];
}

/** Reads a line such as `0 : 0xABC…` into the bank that was opened before it. */
function addPcr(
  file: string,
  { text, offset }: Line,
  bank: [LogAlgorithm, Record<number, string>] | undefined,
): void {
  const [, index, digits] = PCR_LINE.exec(text) ?? [];
  const size = (bank?.[0].digestBytes ?? 0) * 2;
  const pcr = Number(index);
  if (bank === undefined || digits?.length !== size || pcr > LAST_PCR) {
    const expected = bank
      ? `PCR 0 to ${LAST_PCR} with ${size} hexadecimal digits, or a bank`
      : 'the name of a bank and a colon';
    throw new FormatError({ file, offset, expected, found: text.slice(0, 160) });
  }
  if (Object.hasOwn(bank[1], pcr)) {
    throw new FormatError({ file, offset, expected: 'each PCR once', found: `PCR ${pcr} again` });
  }
  bank[1][pcr] = digits.toLowerCase();
}

/** The lines with PCR values that are not empty, one after the other. */
function* pcrLines(source: ByteSource): Generator<Line, void, undefined> {
  const text = readText(source);
  for (let start = startOfPcrs(text); start < text.length; ) {
    const lineFeed = text.indexOf('\n', start);
    const end = lineFeed === -1 ? text.length : lineFeed;
    const line = text.slice(start, end).replace(/\r$/, '');
    if (!/^ *$/.test(line)) yield { text: line, offset: start };
    start = end + 1;
  }
}

/** One character a byte, so that a line's offset is one in the file. */
function readText(source: ByteSource): string {
  if (source.size > LARGEST_TEXT) {
    const expected = `a text of at most ${LARGEST_TEXT} bytes`;
    const found = `${source.size} bytes`;
    throw new FormatError({ file: source.name, offset: 0, expected, found });
  }
  return Buffer.from(source.read(0, source.size)).toString('latin1');
}

/** Behind the last `pcrs:` of tpm2_eventlog's document; else the start. */
function startOfPcrs(text: string): number {
  const key = 'pcrs:';
  if (text.startsWith(key)) return key.length;
  if (!/^---\r?\n/.test(text)) return 0;
  const block = text.lastIndexOf(`\n${key}`);
  return block === -1 ? 0 : block + 1 + key.length;
}
