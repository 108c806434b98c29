import { encode, rfc8949EncodeOptions, Tagged } from 'cborg';
import { SHA_256 } from './named-information.ts';
import type { Provenance, SourceFile } from './reference-values.ts';

/** Keys of a CoSWID tag (RFC 9393, section 2). */
const KEY = {
  tagId: 0,
  softwareName: 1,
  entity: 2,
  evidence: 3,
  payload: 6,
  hash: 7,
  tagVersion: 12,
  softwareVersion: 13,
  file: 17,
  fsName: 24,
  entityName: 31,
  role: 33,
  date: 35,
} as const;

/** Role of an entity: tag-creator (RFC 9393, 4.2). */
const TAG_CREATOR = 1;

/** Seconds since 1970 (RFC 8949, 3.4.2). */
const EPOCH_TIME = 1;

/**
 * A CoSWID tag that says which files reference values follow from, and which program made them: as
 * its payload where they are forecast, as evidence with its date where a boot was seen.
 *
 * @param provenance where the values come from
 * @param tagId the tag's id
 * @returns its bytes, deterministically encoded (RFC 8949, 4.2.1)
 */
export function encodeCoswid(provenance: Provenance, tagId: string): Uint8Array {
  const { tool, at, files } = provenance;
  const [name = tool, version] = tool.split(' ');
  const listed = files.length === 0 ? [] : [[KEY.file, oneOrMore(files.map(fileEntry))] as const];
  const resources =
    at === undefined
      ? [KEY.payload, new Map<number, unknown>(listed)]
      : [KEY.evidence, new Map<number, unknown>([...listed, [KEY.date, epoch(at)]])];
  const entity = new Map<number, unknown>([
    [KEY.entityName, name],
    [KEY.role, TAG_CREATOR],
  ]);
  const tag = new Map<unknown, unknown>([
    [KEY.tagId, tagId],
    [KEY.tagVersion, 0],
    [KEY.softwareName, 'inputs of reference values'],
    [KEY.entity, entity],
    [resources[0], resources[1]],
    ...(version === undefined ? [] : [[KEY.softwareVersion, version] as const]),
  ]);
  return encode(tag, rfc8949EncodeOptions);
}

function fileEntry({ path, sha256 }: SourceFile): ReadonlyMap<number, unknown> {
  return new Map<number, unknown>([
    [KEY.fsName, path.split('/').at(-1) || path],
    [KEY.hash, [SHA_256, Buffer.from(sha256, 'hex')]],
  ]);
}

function epoch(at: string): Tagged {
  return new Tagged(EPOCH_TIME, Math.floor(Date.parse(at) / 1000));
}

/** One stands for itself, and no list of one may be (RFC 9393, 2). */
function oneOrMore<T>(values: readonly T[]): T | readonly T[] | undefined {
  return values.length === 1 ? values[0] : values;
}
