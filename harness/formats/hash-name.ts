/** The hash algorithms that Authenticode and PCR banks have in common, by their TCG names. */
export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** Object identifiers by the hex of their DER content. */
const HASH_OIDS: readonly { readonly oid: string; readonly hash: HashName }[] = [
  // 1.3.14.3.2.26
  { oid: '2b0e03021a', hash: 'sha1' },
  // 2.16.840.1.101.3.4.2.1 to 3
  { oid: '608648016503040201', hash: 'sha256' },
  { oid: '608648016503040202', hash: 'sha384' },
  { oid: '608648016503040203', hash: 'sha512' },
];

/**
 * The hash algorithm whose object identifier bytes begin with.
 *
 * @param hex content of a DER OBJECT IDENTIFIER, lower-case; what follows it is ignored
 * @returns `undefined` where it is none of those that firmware knows
 */
export function hashByOid(hex: string): HashName | undefined {
  return HASH_OIDS.find(({ oid }) => hex.startsWith(oid))?.hash;
}
