import type { Cursor } from '../bytes/cursor.ts';
import { type ClockInfo, readClockInfo, readYesNo } from './clock-info.ts';
import { type PcrSelection, readPcrSelections } from './pcr-selection.ts';
import { takeSized } from './unmarshal.ts';

/** What a TPMS_ATTEST attests to: TPMU_ATTEST (TPM 2.0 Library, Part 2, 10.12.1 to 10.12.11). */
export type AttestBody =
  | {
      readonly kind: 'quote';
      readonly selections: readonly PcrSelection[];
      readonly pcrDigest: Uint8Array;
    }
  | {
      readonly kind: 'certify';
      readonly objectName: Uint8Array;
      readonly qualifiedName: Uint8Array;
    }
  | {
      readonly kind: 'creation';
      readonly objectName: Uint8Array;
      readonly creationHash: Uint8Array;
    }
  | {
      readonly kind: 'commandAudit';
      readonly auditCounter: bigint;
      readonly digestAlg: number;
      readonly auditDigest: Uint8Array;
      readonly commandDigest: Uint8Array;
    }
  | {
      readonly kind: 'sessionAudit';
      readonly exclusiveSession: boolean;
      readonly sessionDigest: Uint8Array;
    }
  | {
      readonly kind: 'time';
      readonly time: bigint;
      readonly clockInfo: ClockInfo;
      readonly firmwareVersion: bigint;
    }
  | {
      readonly kind: 'nv';
      readonly indexName: Uint8Array;
      readonly offset: number;
      readonly nvContents: Uint8Array;
    }
  | {
      readonly kind: 'nvDigest';
      readonly indexName: Uint8Array;
      readonly nvDigest: Uint8Array;
    };

/** TPM_ST_ATTEST_QUOTE (Part 2, 6.9). */
export const ATTEST_QUOTE = 0x8018;

/** TPMI_ST_ATTEST with the name and the reader of each type (Part 2, 6.9 and 10.12.11). */
const TYPES: Readonly<
  Record<number, { readonly name: string; readonly read: (cursor: Cursor) => AttestBody }>
> = {
  32788: { name: 'TPM_ST_ATTEST_NV', read: readNv },
  32789: { name: 'TPM_ST_ATTEST_COMMAND_AUDIT', read: readCommandAudit },
  32790: { name: 'TPM_ST_ATTEST_SESSION_AUDIT', read: readSessionAudit },
  32791: { name: 'TPM_ST_ATTEST_CERTIFY', read: readCertify },
  [ATTEST_QUOTE]: { name: 'TPM_ST_ATTEST_QUOTE', read: readQuote },
  32793: { name: 'TPM_ST_ATTEST_TIME', read: readTime },
  32794: { name: 'TPM_ST_ATTEST_CREATION', read: readCreation },
  32796: { name: 'TPM_ST_ATTEST_NV_DIGEST', read: readNvDigest },
};

/**
 * Reads what stands behind the head of a TPMS_ATTEST.
 *
 * @throws FormatError where the type is none that the specification knows, it ends too early, or a field
 *   has a value that it cannot have
 */
export function readAttestBody(type: number, cursor: Cursor): AttestBody {
  const known = TYPES[type];
  if (known !== undefined) return known.read(cursor);
  throw cursor.errorAt(cursor.offset, 'an attestation of a known type', attestTypeName(type));
}

/** The specification's name of a type; its number where it has none. */
export function attestTypeName(type: number): string {
  return TYPES[type]?.name ?? `0x${type.toString(16).padStart(4, '0')}`;
}

function readQuote(cursor: Cursor): AttestBody {
  const selections = readPcrSelections(cursor);
  return { kind: 'quote', selections, pcrDigest: takeSized(cursor, 'pcrDigest') };
}

function readCertify(cursor: Cursor): AttestBody {
  const objectName = takeSized(cursor, 'name');
  return { kind: 'certify', objectName, qualifiedName: takeSized(cursor, 'qualifiedName') };
}

function readCreation(cursor: Cursor): AttestBody {
  const objectName = takeSized(cursor, 'objectName');
  return { kind: 'creation', objectName, creationHash: takeSized(cursor, 'creationHash') };
}

function readCommandAudit(cursor: Cursor): AttestBody {
  return {
    kind: 'commandAudit',
    auditCounter: cursor.u64('auditCounter'),
    digestAlg: cursor.u16('digestAlg'),
    auditDigest: takeSized(cursor, 'auditDigest'),
    commandDigest: takeSized(cursor, 'commandDigest'),
  };
}

function readSessionAudit(cursor: Cursor): AttestBody {
  const exclusiveSession = readYesNo(cursor, 'exclusiveSession');
  const sessionDigest = takeSized(cursor, 'sessionDigest');
  return { kind: 'sessionAudit', exclusiveSession, sessionDigest };
}

function readTime(cursor: Cursor): AttestBody {
  const time = cursor.u64('time');
  const clockInfo = readClockInfo(cursor);
  return { kind: 'time', time, clockInfo, firmwareVersion: cursor.u64('firmwareVersion') };
}

function readNv(cursor: Cursor): AttestBody {
  const indexName = takeSized(cursor, 'indexName');
  const offset = cursor.u16('offset');
  return { kind: 'nv', indexName, offset, nvContents: takeSized(cursor, 'nvContents') };
}

function readNvDigest(cursor: Cursor): AttestBody {
  const indexName = takeSized(cursor, 'indexName');
  return { kind: 'nvDigest', indexName, nvDigest: takeSized(cursor, 'nvDigest') };
}
