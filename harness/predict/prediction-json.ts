import { z } from 'zod';
import { printable } from '../bytes/format-error.ts';
import { readJsonSource } from '../bytes/json-text.ts';
import type { ByteSource } from '../bytes/source.ts';
import { BANKS, type Bank } from '../measure/bank.ts';
import type { PcrEvidence } from '../measure/pcr-evidence.ts';

const LARGEST_PREDICTION = 64 << 20;

/** Hexadecimal digits of the measured bytes of one event. */
const LARGEST_DATA = 256 << 10;

const digest = (bank: Bank) => {
  const digits = BANKS[bank].digestBytes * 2;
  const pattern = new RegExp(`^[0-9a-f]{${digits}}$`);
  return z.string().regex(pattern, `expected ${digits} lower-case hexadecimal digits`);
};

/** One value a bank, each checked for the size of that bank. */
const perBank = <T extends z.ZodType>(value: (bank: Bank) => T) =>
  z.strictObject({
    sha1: value('sha1').exactOptional(),
    sha256: value('sha256').exactOptional(),
    sha384: value('sha384').exactOptional(),
    sha512: value('sha512').exactOptional(),
  });

const PcrIndex = z.string().regex(/^([0-9]|1[0-9]|2[0-3])$/, 'expected a PCR index');

const PredictionJson = z.object({
  banks: perBank((bank) => z.record(PcrIndex, digest(bank))),
  events: z
    .array(
      z.object({
        pcr: z.int().min(0).max(23),
        type: z.string().transform(printable),
        digests: perBank(digest),
        description: z.string().transform(printable),
        data: z.hex().max(LARGEST_DATA).exactOptional(),
      }),
    )
    .exactOptional(),
  machine: z.record(z.string(), z.unknown()).exactOptional(),
});

/**
 * Reads the PCR values, events and machine of a prediction that `cvm predict --json` printed.
 *
 * @param source the JSON document
 * @throws FormatError where it is no JSON, or no prediction
 */
export function readPredictedPcrs(source: ByteSource): PcrEvidence {
  const read = readJsonSource(source, 'a prediction', LARGEST_PREDICTION, PredictionJson);
  const { banks, events, machine } = read;
  return { pcrs: banks, isForecast: true, ...(events && { events }), ...(machine && { machine }) };
}
