import { decode, Tagged } from 'cborg';
import { describe, expect, it } from 'vitest';
import { encodeCorim, isInCorim } from './corim.ts';
import type { ReferenceValues } from './reference-values.ts';

const PCR4 = '44'.repeat(32);
const FILE = { path: '/images/disk.raw', sha256: '99'.repeat(32) };

const VALUES: ReferenceValues = {
  banks: { sha1: { 4: '11'.repeat(20) }, sha256: { 4: PCR4 }, sha384: { 4: '55'.repeat(48) } },
  omitted: [],
  provenance: { tool: 'cvm 1.2', from: 'forecast', phase: 'ready', files: [FILE], learned: [] },
};

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const read = (cbor: Uint8Array) =>
  decode(cbor, { useMaps: true, strict: true, tags: Tagged.preserve(1, 501, 505, 506) });

/** The corim-map, and what its two tags hold. */
function opened(values: ReferenceValues) {
  const corim: Tagged = read(encodeCorim(values));
  const [comid, coswid]: readonly Tagged[] = corim.value.get(1);
  return { corim, comid, coswid, values: read(comid?.value), inputs: read(coswid?.value) };
}

describe('a CoRIM', () => {
  it('is an unsigned one with a CoMID and a CoSWID', () => {
    const { corim, comid, coswid } = opened(VALUES);
    expect([corim.tag, comid?.tag, coswid?.tag]).toEqual([501, 506, 505]);
    expect(corim.value.get(0)).toMatch(/^cvm-conformance\/[0-9a-f]{32}$/);
    expect(corim.value.get(5)).toEqual([
      new Map<number, unknown>([
        [0, 'cvm 1.2'],
        [2, [1]],
      ]),
    ]);
  });

  // By the CDDL of draft-ietf-rats-corim-11, encoded by hand.
  it('has PCRs as reference triples, a digest for each bank that has a number', () => {
    const digests = `82 8201 5820${PCR4} 8207 5830${'55'.repeat(48)}`;
    const triples = `a1 00 81 82 a1 00 a1 02 67 54504d20322e30 81 a2 00 04 01 a1 02 ${digests}`;
    const comid = Buffer.from(opened(VALUES).comid?.value).toString('hex');
    expect(comid).toContain(`04${triples.replaceAll(' ', '')}`);
    expect(isInCorim('sha1')).toBe(false);
  });

  it('has the launch digest in a triple of its own', () => {
    const { values } = opened({ ...VALUES, banks: {}, snpLaunchDigest: 'dd'.repeat(48) });
    const measurement = new Map<number, unknown>([
      [0, 'measurement'],
      [1, new Map([[2, [[7, bytes('dd'.repeat(48))]]]])],
    ]);
    const environment = new Map([
      [
        0,
        new Map([
          [1, 'AMD'],
          [2, 'SEV-SNP'],
        ]),
      ],
    ]);
    expect(values.get(4)).toEqual(new Map([[0, [[environment, [measurement]]]]]));
  });

  it('names the files as payload, and as evidence with its date where a boot was seen', () => {
    const entry = new Map<number, unknown>([
      [24, 'disk.raw'],
      [7, [1, bytes(FILE.sha256)]],
    ]);
    expect(opened(VALUES).inputs.get(6)).toEqual(new Map([[17, entry]]));
    const at = '2026-11-21T07:32:17.007Z';
    const files = [FILE, FILE];
    const provenance = { ...VALUES.provenance, from: 'boot', at, files } as const;
    const { inputs } = opened({ ...VALUES, provenance });
    expect(inputs.get(6)).toBeUndefined();
    expect(inputs.get(3).get(17)).toEqual([entry, entry]);
    expect(inputs.get(3).get(35)).toMatchObject({ tag: 1, value: Date.parse(at) / 1000 - 0.007 });
  });

  it('is the same for the same values, and has another id for others', () => {
    expect(encodeCorim(VALUES)).toEqual(encodeCorim(structuredClone(VALUES)));
    const other = { ...VALUES, banks: { sha256: { 4: '45'.repeat(32) } } };
    expect(opened(other).corim.value.get(0)).not.toBe(opened(VALUES).corim.value.get(0));
  });
});
