import type { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { ATTEST_QUOTE, type AttestBody, readAttestBody } from './attest-body.ts';
import { type ClockInfo, readClockInfo } from './clock-info.ts';
import { expectEnd, openStructure, takeSized, withoutSize } from './unmarshal.ts';

/** TPM_GENERATED_VALUE: `ff` and `TCG` (TPM 2.0 Library, Part 2, 6.2). */
export const TPM_GENERATED = 0xff54_4347;

/** What a TPM attests to: TPMS_ATTEST (Part 2, 10.12.12). */
export type Attest = {
  /** What was signed. */
  readonly signed: Uint8Array;
  /** {@link TPM_GENERATED} in anything that a TPM made. */
  readonly magic: number;
  /** TPMI_ST_ATTEST, e.g. 0x8018 for a quote. */
  readonly type: number;
  /** Qualified name of the key that signed. */
  readonly qualifiedSigner: Uint8Array;
  /** What the caller gave: the nonce. */
  readonly extraData: Uint8Array;
  readonly clockInfo: ClockInfo;
  readonly firmwareVersion: bigint;
  /** What is attested to; where it is no quote, and cannot be read as what its type says, why not. */
  readonly body: AttestBody | string;
};

/**
 * Reads a TPMS_ATTEST of any type, integers big-endian; a TPM2B_ATTEST too.
 *
 * The magic number is not looked at: a structure that is not a TPM's is for the verifier to refuse.
 *
 * @throws FormatError where the bytes are no such structure, or a quote with something behind it
 */
export function readAttest(source: ByteSource): Attest {
  const file = openStructure(source, 'TPMS_ATTEST');
  const cursor = withoutSize(file, !isSized(source), 'TPMS_ATTEST');
  const start = source.size - cursor.remaining;
  const attest = readHead(cursor);
  const body =
    attest.type === ATTEST_QUOTE ? readWhole(attest.type, cursor) : tried(attest.type, cursor);
  return { ...attest, body, signed: source.read(start, source.size - start) };
}

function readWhole(type: number, cursor: Cursor): AttestBody {
  const body = readAttestBody(type, cursor);
  expectEnd(cursor, 'TPMS_ATTEST');
  return body;
}

/** Of a changed type the body is another's: that it is no quote is for the verifier to say. */
function tried(type: number, cursor: Cursor): AttestBody | string {
  try {
    return readWhole(type, cursor);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

/** With a size in front, the magic number comes behind it; without the number, the size must be right. */
function isSized(source: ByteSource): boolean {
  const head = Buffer.from(source.read(0, Math.min(source.size, 6)));
  if (head.length < 6 || head.readUInt32BE(0) === TPM_GENERATED) return false;
  return head.readUInt32BE(2) === TPM_GENERATED || head.readUInt16BE(0) === source.size - 2;
}

function readHead(cursor: Cursor): Omit<Attest, 'body' | 'signed'> {
  return {
    magic: cursor.u32('magic of TPMS_ATTEST'),
    type: cursor.u16('type of TPMS_ATTEST'),
    qualifiedSigner: takeSized(cursor, 'qualifiedSigner'),
    extraData: takeSized(cursor, 'extraData'),
    clockInfo: readClockInfo(cursor),
    firmwareVersion: cursor.u64('firmwareVersion'),
  };
}
