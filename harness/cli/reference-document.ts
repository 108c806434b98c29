import { toHex } from '../bytes/hex.ts';
import { UsageError } from '../host/errors.ts';
import { ALL_BANKS, type Bank } from '../measure/bank.ts';
import { encodeCorim, isInCorim } from '../reference/corim.ts';
import type { ReferenceValues } from '../reference/reference-values.ts';
import { rvpsMessage } from '../reference/rvps-message.ts';

/** The formats of `cvm reference-values`. */
export const REFERENCE_FORMATS = ['rvps', 'corim', 'json'] as const;

export type ReferenceFormat = (typeof REFERENCE_FORMATS)[number];

/**
 * Reference values in a verifier's format.
 *
 * @param values what a verifier is to expect
 * @param format which format
 * @param asJson whether a binary format is wrapped in JSON, `{"corim":"hex"}`
 * @throws UsageError where none of the values can be said in this format
 */
export function referenceDocument(
  values: ReferenceValues,
  format: ReferenceFormat,
  asJson: boolean,
): Uint8Array {
  refuseNone(values, format);
  if (format === 'rvps') return json(rvpsMessage(values));
  if (format === 'json') return json({ schemaVersion: 1, ...values });
  const corim = encodeCorim(values);
  return asJson ? json({ corim: toHex(corim) }) : corim;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** Nothing to expect is nothing to verify. */
function refuseNone({ banks, snpLaunchDigest }: ReferenceValues, format: ReferenceFormat): void {
  const present = ALL_BANKS.filter((bank) => Object.keys(banks[bank] ?? {}).length > 0);
  if (snpLaunchDigest !== undefined || present.some((bank) => SAYS[format](bank))) return;
  if (present.length === 0) throw new UsageError('no PCR has a value in these banks: see --banks');
  const usable = ALL_BANKS.filter(SAYS[format]).join(', ');
  throw new UsageError(`${format} has no word for ${present.join(', ')}: --banks with ${usable}`);
}

/** Which banks a format can speak of. */
const SAYS: Readonly<Record<ReferenceFormat, (bank: Bank) => boolean>> = {
  rvps: (bank) => bank === 'sha256',
  corim: isInCorim,
  json: () => true,
};
