import { z } from 'zod';
import { FormatError, printable } from '../bytes/format-error.ts';
import { readJson } from '../bytes/json-text.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { MeasuredEvent } from './event.ts';
import { safeText } from './event-text.ts';
import { namedAlgorithm } from './log-algorithm.ts';

/** A measurement of systemd that is not in the firmware's log. */
export type UserspaceEvent = MeasuredEvent & {
  /** The measured string as systemd logs it: C-escaped, cut behind 1024 bytes. */
  readonly word: string | undefined;
};

/** A measurement into a TPM NV index that acts as a PCR. */
export type NvPcrEvent = Omit<UserspaceEvent, 'pcr'> & {
  readonly nvIndex: number;
  /** systemd's name of the NvPCR, e.g. `verity`. */
  readonly name: string | undefined;
};

/** systemd's userspace measurement log. */
export type UserspaceLog = {
  readonly events: readonly UserspaceEvent[];
  readonly nvPcrEvents: readonly NvPcrEvent[];
  /**
   * Byte offset of a last record that systemd did not finish. What it extended cannot be known:
   * the TPM is extended before the record is written.
   */
  readonly abortedAt: number | undefined;
};

const RECORD_SEPARATOR = 0x1e;
const LINE_FEED = 0x0a;
const LARGEST_LOG = 4 << 20;

/** TPM2_PCRS_MAX of the TPM2 software stack, which systemd checks. */
const LAST_PCR = 31;

const Digest = z
  .object({ hashAlg: z.string().regex(/^[\w-]{1,32}$/), digest: z.string() })
  .refine(isWellFormed, 'expected hexadecimal digits of the size of the algorithm');

const Record = z
  .object({
    pcr: z.int().min(0).max(LAST_PCR).optional(),
    nv_index: z.int().min(0).max(0xffff_ffff).optional(),
    digests: z.array(Digest).min(1).max(16),
    content_type: z.string().max(64).optional(),
    content: z
      .object({
        string: z.string().optional(),
        nvIndexName: z.string().optional(),
        eventType: z.string().optional(),
      })
      .optional(),
  })
  .refine((record) => (record.pcr === undefined) !== (record.nv_index === undefined), {
    error: 'expected one of pcr and nv_index',
  })
  .refine(({ digests }) => new Set(digests.map(({ hashAlg }) => hashAlg)).size === digests.length, {
    error: 'expected each algorithm once',
  });
type Record = z.infer<typeof Record>;

/**
 * Reads `/run/log/systemd/tpm2-measure.log`: JSON texts, each behind an RS and before a LF (RFC
 * 7464), close to the TCG Canonical Event Log (systemd, tpm2_userspace_log() in
 * src/shared/tpm2-util.c).
 *
 * @param source the log
 * @throws FormatError where a record is none of systemd's; a last record that breaks off is no
 *   error but {@link UserspaceLog.abortedAt}
 */
export function readUserspaceLog(source: ByteSource): UserspaceLog {
  const bytes = readWhole(source);
  const events: UserspaceEvent[] = [];
  const nvPcrEvents: NvPcrEvent[] = [];
  for (let start = 0; start < bytes.length; ) {
    const next = bytes.indexOf(RECORD_SEPARATOR, start + 1);
    const end = next === -1 ? bytes.length : next;
    const text = bytes.subarray(start + 1, end);
    if (next === -1 && isCutOff(text)) return { events, nvPcrEvents, abortedAt: start };
    const place = { file: source.name, offset: start + 1, what: 'a measurement of systemd' };
    const record = readJson(place, text, Record);
    if (record.pcr !== undefined) events.push({ pcr: record.pcr, ...measurement(record) });
    if (record.nv_index !== undefined) nvPcrEvents.push(nvPcrEvent(record, record.nv_index));
    start = end;
  }
  return { events, nvPcrEvents, abortedAt: undefined };
}

function readWhole(source: ByteSource): Uint8Array {
  const bytes = source.read(0, Math.min(source.size, LARGEST_LOG));
  if (source.size > LARGEST_LOG || (bytes.length > 0 && bytes[0] !== RECORD_SEPARATOR)) {
    throw new FormatError({
      file: source.name,
      offset: 0,
      expected: `a JSON text sequence of at most ${LARGEST_LOG} bytes, each text behind 0x1e`,
      found: `${source.size} bytes that start with 0x${(bytes[0] ?? 0).toString(16)}`,
    });
  }
  return bytes;
}

/** Whether a text is a record that was not written to its end: no JSON and no line feed. */
function isCutOff(text: Uint8Array): boolean {
  if (text.at(-1) === LINE_FEED) return false;
  try {
    JSON.parse(Buffer.from(text).toString('utf8'));
    return false;
  } catch {
    return true;
  }
}

function measurement({ content, content_type, digests }: Record): Omit<UserspaceEvent, 'pcr'> {
  return {
    type: safeText(content?.eventType ?? content_type ?? 'systemd'),
    digests: Object.fromEntries(
      digests.map(({ hashAlg, digest }) => [hashAlg, digest.toLowerCase()]),
    ),
    description: safeText(content?.string ?? ''),
    word: content?.string,
  };
}

function nvPcrEvent(record: Record, nvIndex: number): NvPcrEvent {
  const name = record.content?.nvIndexName;
  return {
    nvIndex,
    name: name === undefined ? undefined : printable(name),
    ...measurement(record),
  };
}

/** Digits of the algorithm's size; of an algorithm that is not known here, any. */
function isWellFormed({ hashAlg, digest }: { hashAlg: string; digest: string }): boolean {
  const size = namedAlgorithm(hashAlg)?.digestBytes;
  if (!/^([0-9a-fA-F]{2})+$/.test(digest)) return false;
  return size === undefined || digest.length === size * 2;
}
