import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import type { CpuModel } from './cpu-types.ts';
import { TCB_BYTES } from './tcb-version.ts';

/** Bytes of a report, and of its part that is signed. */
export const REPORT_BYTES = 0x4a0;
const SIGNED_BYTES = 0x2a0;

/** Versions whose fields are known: 3 added the CPUID fields, 5 the mitigation vectors. */
const VERSIONS = [2, 3, 4, 5];

/** Which key signed a report. */
export const SIGNING_KEY = { vcek: 0, vlek: 1, none: 7 } as const;

/** A version of the secure processor's firmware. */
export type FirmwareVersion = {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
};

/** An ATTESTATION_REPORT (AMD 56860, SEV-SNP Firmware ABI, 7.3), integers little-endian. */
export type AttestationReport = {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly vmpl: number;
  readonly signatureAlgo: number;
  /** TCB_VERSIONs are as they stand in the file: which byte is what depends on the product. */
  readonly currentTcb: Uint8Array;
  readonly platformInfo: bigint;
  readonly authorKeyEn: boolean;
  readonly maskChipKey: boolean;
  /** One of {@link SIGNING_KEY}, or a reserved number. */
  readonly signingKey: number;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportIdMa: Uint8Array;
  readonly reportedTcb: Uint8Array;
  /** Absent before version 3. */
  readonly cpuid: CpuModel | undefined;
  readonly chipId: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly current: FirmwareVersion;
  readonly committed: FirmwareVersion;
  readonly launchTcb: Uint8Array;
  /** Absent before version 5. */
  readonly launchMitVector: bigint | undefined;
  readonly currentMitVector: bigint | undefined;
  /** R and S of the signature, 72 bytes each, little-endian. */
  readonly r: Uint8Array;
  readonly s: Uint8Array;
  /** What is signed. */
  readonly signed: Uint8Array;
  /** Offsets of reserved bytes that are not zero: they may mean something that is not known here. */
  readonly reservedSet: readonly number[];
};

/**
 * Reads an attestation report; nothing is verified.
 *
 * @param source the report alone
 * @throws FormatError where it has another size or a version that is not known
 */
export function readAttestationReport(source: ByteSource): AttestationReport {
  if (source.size !== REPORT_BYTES) {
    throw new FormatError({
      file: source.name,
      offset: Math.min(source.size, REPORT_BYTES),
      expected: `an attestation report of ${REPORT_BYTES} bytes`,
      found: `${source.size} bytes`,
    });
  }
  const bytes = readRange(source, 0, REPORT_BYTES, 'attestation report');
  const fields = new ReportFields(source.name, bytes);
  const version = fields.u32(0);
  if (!VERSIONS.includes(version)) {
    const expected = `a report version of ${VERSIONS.join(', ')}`;
    throw new FormatError({ file: source.name, offset: 0, expected, found: `${version}` });
  }
  return { version, ...identity(fields), ...platform(fields, version), ...signature(bytes) };
}

/** What the guest is, and what it says. */
function identity(fields: ReportFields) {
  return {
    guestSvn: fields.u32(0x04),
    policy: fields.u64(0x08),
    familyId: fields.bytes(0x10, 16),
    imageId: fields.bytes(0x20, 16),
    vmpl: fields.u32(0x30),
    reportData: fields.bytes(0x50, 64),
    measurement: fields.bytes(0x90, 48),
    hostData: fields.bytes(0xc0, 32),
    idKeyDigest: fields.bytes(0xe0, 48),
    authorKeyDigest: fields.bytes(0x110, 48),
    reportId: fields.bytes(0x140, 32),
    reportIdMa: fields.bytes(0x160, 32),
  };
}

/** What it runs on, and who signed. */
function platform(fields: ReportFields, version: number) {
  const signer = fields.u32(0x48);
  const [family = 0, model = 0, stepping = 0] = fields.bytes(0x188, 3);
  return {
    signatureAlgo: fields.u32(0x34),
    currentTcb: fields.bytes(0x38, TCB_BYTES),
    platformInfo: fields.u64(0x40),
    authorKeyEn: (signer & 1) !== 0,
    maskChipKey: (signer & 2) !== 0,
    signingKey: (signer >> 2) & 7,
    reportedTcb: fields.bytes(0x180, TCB_BYTES),
    cpuid: version >= 3 ? { family, model, stepping } : undefined,
    chipId: fields.bytes(0x1a0, 64),
    committedTcb: fields.bytes(0x1e0, TCB_BYTES),
    current: fields.firmware(0x1e8),
    committed: fields.firmware(0x1ec),
    launchTcb: fields.bytes(0x1f0, TCB_BYTES),
    launchMitVector: version >= 5 ? fields.u64(0x1f8) : undefined,
    currentMitVector: version >= 5 ? fields.u64(0x200) : undefined,
    reservedSet: fields.nonZero([
      [0x49, 0x50],
      [version >= 3 ? 0x18b : 0x188, 0x1a0],
      [0x1eb, 0x1ec],
      [0x1ef, 0x1f0],
      [version >= 5 ? 0x208 : 0x1f8, SIGNED_BYTES],
      [SIGNED_BYTES + 144, REPORT_BYTES],
    ]),
  };
}

function signature(bytes: Uint8Array) {
  return {
    r: bytes.subarray(SIGNED_BYTES, SIGNED_BYTES + 72),
    s: bytes.subarray(SIGNED_BYTES + 72, SIGNED_BYTES + 144),
    signed: bytes.subarray(0, SIGNED_BYTES),
  };
}

/** The fields of a report by their offsets, as the specification's table gives them. */
class ReportFields {
  readonly #file: string;
  readonly #bytes: Uint8Array;

  constructor(file: string, bytes: Uint8Array) {
    this.#file = file;
    this.#bytes = bytes;
  }

  u32(offset: number): number {
    return this.#at(offset).u32('field');
  }

  u64(offset: number): bigint {
    return this.#at(offset).u64('field');
  }

  bytes(offset: number, length: number): Uint8Array {
    return this.#at(offset).take(length, 'field');
  }

  firmware(offset: number): FirmwareVersion {
    const [build = 0, minor = 0, major = 0] = this.bytes(offset, 3);
    return { major, minor, build };
  }

  nonZero(ranges: readonly (readonly [number, number])[]): readonly number[] {
    return ranges.flatMap(([start, end]) =>
      Array.from({ length: end - start }, (_, index) => start + index).filter(
        (offset) => this.#bytes[offset] !== 0,
      ),
    );
  }

  #at(offset: number): Cursor {
    return new Cursor(this.#file, this.#bytes.subarray(offset), 'little', offset);
  }
}
