import { Cursor } from '../bytes/cursor.ts';
import { type LogAlgorithm, registeredAlgorithm, SHA1 } from './log-algorithm.ts';
import type { LogEvent } from './log-event.ts';

/** What the first event of a crypto-agile log says of the records that follow. */
export type SpecId = {
  /** `Spec ID Event03` of the crypto-agile format, `00` or `02` of the SHA-1 format. */
  readonly signature: string;
  /** The digests that an event may have. */
  readonly algorithms: readonly LogAlgorithm[];
  /** Whether records are TCG_PCR_EVENT2. */
  readonly cryptoAgile: boolean;
};

const SIGNATURE_BYTES = 16;
/** Minor, major, errata, and the size of UINTN in the structures of the log. */
const VERSION_BYTES = 4;
const ALGORITHM_BYTES = 4;

/**
 * Reads TCG_EfiSpecIDEventStruct (TCG PC Client PFP 1.06, 10.4.5.1), little-endian.
 *
 * @param file name for error messages
 * @param event the first event of a log
 * @returns `undefined` where the event is no Spec ID event: the log is of the SHA-1 format
 * @throws FormatError where the structure ends early, announces no algorithm, one twice, or one
 *   with a size that is not its own
 */
export function readSpecId(file: string, event: LogEvent): SpecId | undefined {
  const signature = signatureOf(event.data);
  if (event.type !== 'EV_NO_ACTION' || signature === undefined) return undefined;
  if (signature !== 'Spec ID Event03') {
    return { signature, algorithms: [SHA1], cryptoAgile: false };
  }
  const cursor = new Cursor(file, event.data, 'little', event.dataOffset);
  cursor.take(SIGNATURE_BYTES, 'Spec ID signature');
  cursor.u32('platform class');
  cursor.take(VERSION_BYTES, 'specification version');
  const algorithms = readAlgorithms(cursor);
  cursor.take(cursor.u8('size of vendor information'), 'vendor information');
  return { signature, algorithms, cryptoAgile: true };
}

/** `Spec ID Event00`, `02` (SHA-1 format) or `03` (crypto-agile), with its NUL. */
function signatureOf(data: Uint8Array): string | undefined {
  const text = Buffer.from(data.subarray(0, SIGNATURE_BYTES)).toString('latin1');
  return /^(Spec ID Event0[023])\0$/.exec(text)?.[1];
}

function readAlgorithms(cursor: Cursor): readonly LogAlgorithm[] {
  const start = cursor.offset;
  const count = cursor.u32('number of algorithms');
  if (count === 0 || count > cursor.remaining / ALGORITHM_BYTES) {
    const room = Math.floor(cursor.remaining / ALGORITHM_BYTES);
    throw cursor.errorAt(start, `1 to ${room} algorithms in the Spec ID event`, `${count}`);
  }
  const algorithms: LogAlgorithm[] = [];
  for (let index = 0; index < count; index++) {
    const offset = cursor.offset;
    const algorithm = readAlgorithm(cursor);
    if (algorithms.some(({ algId }) => algId === algorithm.algId)) {
      throw cursor.errorAt(offset, 'each algorithm once', `${algorithm.name} again`);
    }
    algorithms.push(algorithm);
  }
  return algorithms;
}

function readAlgorithm(cursor: Cursor): LogAlgorithm {
  const start = cursor.offset;
  const algId = cursor.u16('algorithm');
  const digestBytes = cursor.u16('digest size');
  const registered = registeredAlgorithm(algId);
  if (digestBytes !== (registered?.digestBytes ?? Math.max(1, digestBytes))) {
    throw cursor.errorAt(
      start,
      `a digest size of ${registered?.digestBytes ?? 'at least 1'} bytes for algorithm 0x${algId.toString(16)}`,
      `${digestBytes}`,
    );
  }
  return registered ?? { name: `0x${algId.toString(16)}`, algId, digestBytes };
}
