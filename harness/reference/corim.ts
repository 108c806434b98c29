import { createHash } from 'node:crypto';
import { encode, rfc8949EncodeOptions, Tagged } from 'cborg';
import { ALL_BANKS, type Bank } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import { encodeCoswid } from './coswid.ts';
import { NAMED_INFORMATION } from './named-information.ts';
import type { ReferenceValues } from './reference-values.ts';

/** CBOR tags of draft-ietf-rats-corim. */
const TAG = { unsignedCorim: 501, coswid: 505, comid: 506 } as const;

/** Keys of corim-map and entity-map. */
const CORIM = { id: 0, tags: 1, entities: 5 } as const;
const ENTITY = { name: 0, role: 2 } as const;
const MANIFEST_CREATOR = 1;
const TAG_CREATOR = 0;

/** Keys of concise-mid-tag and what it holds. */
const COMID = { tagIdentity: 1, entities: 2, triples: 4 } as const;
const TAG_IDENTITY = { id: 0 } as const;
const TRIPLES = { reference: 0 } as const;
const ENVIRONMENT = { class: 0 } as const;
const CLASS = { vendor: 1, model: 2 } as const;
const MEASUREMENT = { mkey: 0, mval: 1 } as const;
const MVAL = { digests: 2 } as const;

/** SNP's launch digest has the size of SHA-384, which it is made with (AMD 56860, 8.17). */
const LAUNCH_DIGEST_ALGORITHM = 7;

type CborMap = ReadonlyMap<number, unknown>;

/** Identifies a PCR, by its number, or what of a report is meant. */
type Measured = {
  readonly key: number | string;
  readonly digests: readonly (readonly unknown[])[];
};

/**
 * Reference values as an unsigned CoRIM (draft-ietf-rats-corim-11): a CoMID with a reference triple
 * for the TPM, whose measurements are the PCRs by number, one for the SNP report, and a CoSWID tag
 * that names the files they follow from. The same values give the same bytes.
 *
 * @param values what to encode; a bank whose hash has no number in IANA's registry (SHA-1) is left out
 * @returns CBOR, deterministically encoded (RFC 8949, 4.2.1)
 */
export function encodeCorim(values: ReferenceValues): Uint8Array {
  const { provenance } = values;
  const triples = referenceTriples(values);
  const id = identifier(encode([triples, provenance], rfc8949EncodeOptions));
  const comid = encode(comidOf(provenance.tool, `${id}/values`, triples), rfc8949EncodeOptions);
  const coswid = encodeCoswid(provenance, `${id}/inputs`);
  const corim: CborMap = new Map<number, unknown>([
    [CORIM.id, id],
    [CORIM.tags, [new Tagged(TAG.comid, comid), new Tagged(TAG.coswid, coswid)]],
    [CORIM.entities, [entity(provenance.tool, MANIFEST_CREATOR)]],
  ]);
  return encode(new Tagged(TAG.unsignedCorim, corim), rfc8949EncodeOptions);
}

/** Whether a bank's digests can be named in a CoRIM. */
export function isInCorim(bank: Bank): boolean {
  return NAMED_INFORMATION[bank] !== undefined;
}

/** Other values, or other files, have another id. */
function identifier(content: Uint8Array): string {
  return `cvm-conformance/${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
}

function comidOf(tool: string, id: string, triples: readonly unknown[]): CborMap {
  return new Map<number, unknown>([
    [COMID.tagIdentity, new Map([[TAG_IDENTITY.id, id]])],
    [COMID.entities, [entity(tool, TAG_CREATOR)]],
    [COMID.triples, new Map([[TRIPLES.reference, triples]])],
  ]);
}

function entity(name: string, role: number): CborMap {
  return new Map<number, unknown>([
    [ENTITY.name, name],
    [ENTITY.role, [role]],
  ]);
}

function referenceTriples({ banks, snpLaunchDigest }: ReferenceValues): readonly unknown[] {
  const pcrs = measuredPcrs(banks);
  const tpm = pcrs.length === 0 ? [] : [triple([[CLASS.model, 'TPM 2.0']], pcrs)];
  if (snpLaunchDigest === undefined) return tpm;
  const digest = [LAUNCH_DIGEST_ALGORITHM, Buffer.from(snpLaunchDigest, 'hex')];
  const report = [
    [CLASS.vendor, 'AMD'],
    [CLASS.model, 'SEV-SNP'],
  ] as const;
  return [...tpm, triple(report, [{ key: 'measurement', digests: [digest] }])];
}

/** One digest for each algorithm: several of one never match (comparison of digests entries). */
function measuredPcrs(banks: PcrValues): readonly Measured[] {
  const indices = new Set(ALL_BANKS.flatMap((bank) => Object.keys(banks[bank] ?? {}).map(Number)));
  return [...indices]
    .sort((a, b) => a - b)
    .map((key) => ({
      key,
      digests: ALL_BANKS.flatMap((bank) => {
        const [algorithm, value] = [NAMED_INFORMATION[bank], banks[bank]?.[key]];
        if (algorithm === undefined || value === undefined) return [];
        return [[algorithm, Buffer.from(value, 'hex')]];
      }),
    }))
    .filter(({ digests }) => digests.length > 0);
}

function triple(
  classMap: readonly (readonly [number, string])[],
  measured: readonly Measured[],
): readonly unknown[] {
  const environment: CborMap = new Map([[ENVIRONMENT.class, new Map(classMap)]]);
  const claims = measured.map(
    ({ key, digests }): CborMap =>
      new Map<number, unknown>([
        [MEASUREMENT.mkey, key],
        [MEASUREMENT.mval, new Map([[MVAL.digests, digests]])],
      ]),
  );
  return [environment, claims];
}
