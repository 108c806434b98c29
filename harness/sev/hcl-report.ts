import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';
import { readJson } from '../bytes/json-text.ts';
import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { REPORT_BYTES } from './attestation-report.ts';

/** `HCLA`, and the bytes of the header behind which the hardware's report begins. */
const SIGNATURE = new TextEncoder().encode('HCLA');
const HEADER_BYTES = 32;

/** Bytes of the header of the runtime data. */
const RUNTIME_HEADER_BYTES = 20;

/** The paravisor's report fits an NV index of the vTPM; a larger one is none. */
const MAX_RUNTIME_BYTES = 1 << 16;

/** The report in it is SNP's. */
const REPORT_TYPE_SNP = 2;

const HASHES: Readonly<Record<number, 'sha256' | 'sha384' | 'sha512'>> = {
  1: 'sha256',
  2: 'sha384',
  3: 'sha512',
};

/** Name of the vTPM's attestation key among the keys. */
const AK = 'HCLAkPub';

const RuntimeData = z.looseObject({
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })).optional(),
});

/** What the paravisor says of itself and its vTPM. */
export type RuntimeData = z.infer<typeof RuntimeData>;

/** A key as a JSON Web Key (RFC 7517). */
export type JsonWebKey = NonNullable<RuntimeData['keys']>[number];

/** A report of Azure's paravisor: the hardware's, and data that it vouches for. */
export type HclReport = {
  /** The attestation report of the hardware. */
  readonly report: ByteSource;
  readonly runtimeData: RuntimeData;
  /** The vTPM's attestation key; absent where the runtime data has none. */
  readonly ak: JsonWebKey | undefined;
  /** Digest of the runtime data as it stands in the file, with the algorithm that the file names. */
  readonly digest: Uint8Array;
  readonly algorithm: string;
};

/** Whether a file begins like a report of Azure's paravisor. */
export function isHclReport(source: ByteSource): boolean {
  return source.size >= HEADER_BYTES && toHex(source.read(0, 4)) === toHex(SIGNATURE);
}

/**
 * Reads a report of Azure's paravisor (OpenHCL, openhcl/… attestation report of the vTPM: header,
 * hardware report, IGVM_REQUEST_DATA), integers little-endian. Bytes behind are ignored: the NV index
 * is larger than the report.
 *
 * @throws FormatError where a part is missing or damaged, or the hardware is not SNP
 */
export function readHclReport(source: ByteSource): HclReport {
  const start = HEADER_BYTES + REPORT_BYTES;
  Cursor.over(source, 0, HEADER_BYTES, 'HCL report header').expect(SIGNATURE, 'signature');
  const report = sliceSource(source, HEADER_BYTES, REPORT_BYTES, 'attestation report');
  const header = Cursor.over(source, start, RUNTIME_HEADER_BYTES, 'header of the runtime data');
  header.u32('size of the data');
  header.u32('version');
  const type = header.u32('report type');
  if (type !== REPORT_TYPE_SNP) {
    throw header.errorAt(start + 8, `report type ${REPORT_TYPE_SNP} (SNP)`, `${type}`);
  }
  const hashType = header.u32('hash type');
  const algorithm = HASHES[hashType];
  if (algorithm === undefined)
    throw header.errorAt(start + 12, 'hash type 1, 2 or 3', `${hashType}`);
  const size = header.u32('size of the runtime data');
  if (size > MAX_RUNTIME_BYTES) {
    throw header.errorAt(start + 16, `at most ${MAX_RUNTIME_BYTES} bytes`, `${size}`);
  }
  const offset = start + RUNTIME_HEADER_BYTES;
  const bytes = Cursor.over(source, offset, size, 'runtime data').take(size, 'runtime data');
  const place = { file: source.name, offset, what: 'runtime data as JSON' };
  const runtimeData = readJson(place, bytes, RuntimeData);
  const ak = runtimeData.keys?.find(({ kid }) => kid === AK);
  return {
    report,
    runtimeData,
    ak,
    digest: createHash(algorithm).update(bytes).digest(),
    algorithm,
  };
}

/**
 * Whether the hardware's report vouches for the runtime data: REPORT_DATA is its digest, with zeros
 * behind.
 *
 * @param reportData 64 bytes
 */
export function bindsRuntimeData({ digest }: HclReport, reportData: Uint8Array): boolean {
  return reportData.every((byte, index) => byte === (digest[index] ?? 0));
}
