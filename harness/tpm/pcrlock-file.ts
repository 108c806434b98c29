import { z } from 'zod';
import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type JsonPlace, readJson } from '../bytes/json-text.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { BANKS, type Bank } from '../measure/bank.ts';
import { readNvPublic } from './nv-public.ts';
import type { NvPublic } from './object-name.ts';
import type { PcrVariants } from './pcrlock-policy.ts';

/** What systemd-pcrlock says of a policy that it has written into an NV index. */
export type PcrlockFile = {
  /** The index that holds the policy's digest, as it is since that was written. */
  readonly nv: NvPublic;
  readonly bank: Bank;
  /** The values that each PCR may have. */
  readonly variants: PcrVariants;
};

const MANY_BYTES = 1 << 20;

/** TPMA_NV (TPM 2.0 Library, Part 2, 13.4): the file has the index as it was before the policy was written. */
const TPMA_NV_WRITTEN = 1 << 29;

const Values = z.array(
  z.looseObject({ pcr: z.int().min(0).max(23), values: z.array(z.string()).nonempty() }),
);

const File = z.looseObject({
  pcrBank: z.enum(['sha1', 'sha256', 'sha384', 'sha512']),
  pcrValues: Values,
  nvPublic: z.base64(),
});

/** What `systemd-pcrlock predict --json` prints: values by bank. */
const Predicted = z.record(z.string(), Values);

/**
 * Reads `pcrlock.json` as systemd-pcrlock writes it (systemd src/pcrlock/pcrlock.c, write_policy).
 *
 * @throws FormatError where it is another file, a value is no digest of its bank, or a PCR stands there
 *   twice
 */
export function readPcrlockFile(source: ByteSource): PcrlockFile {
  const place = { file: source.name, offset: 0, what: 'a policy of systemd-pcrlock' };
  const { pcrBank: bank, pcrValues, nvPublic } = readJson(place, wholeOf(source, place), File);
  const area = Buffer.from(nvPublic, 'base64');
  const defined = readNvPublic(new Cursor(`${source.name}: nvPublic`, area, 'big'));
  const nv = { ...defined, attributes: defined.attributes | TPMA_NV_WRITTEN };
  return { nv, bank, variants: variantsOf(place, bank, pcrValues) };
}

/**
 * Reads what `systemd-pcrlock predict --json` prints.
 *
 * @param bank whose values are wanted
 * @throws as {@link readPcrlockFile} does, and where there are none of the bank
 */
export function readPcrlockPrediction(source: ByteSource, bank: Bank): PcrVariants {
  const place = {
    file: source.name,
    offset: 0,
    what: `a prediction of ${bank} by systemd-pcrlock`,
  };
  const values = readJson(place, wholeOf(source, place), Predicted)[bank];
  if (values === undefined) throw wrong(place, 'none of this bank');
  return variantsOf(place, bank, values);
}

function wholeOf(source: ByteSource, place: JsonPlace): Uint8Array {
  if (source.size > MANY_BYTES) throw wrong(place, `${source.size} bytes`);
  return readRange(source, 0, source.size, place.what);
}

function variantsOf(place: JsonPlace, bank: Bank, all: z.infer<typeof Values>): PcrVariants {
  const digest = new RegExp(`^[0-9a-f]{${2 * BANKS[bank].digestBytes}}$`);
  const bad = all.flatMap(({ values }) => values).find((value) => !digest.test(value));
  if (bad !== undefined) throw wrong(place, `${JSON.stringify(bad)}, no digest of ${bank}`);
  const variants = Object.fromEntries(all.map(({ pcr, values }) => [pcr, values]));
  if (Object.keys(variants).length !== all.length) throw wrong(place, 'a PCR twice');
  return variants;
}

function wrong({ file, offset, what }: JsonPlace, found: string): FormatError {
  return new FormatError({ file, offset, expected: what, found });
}
