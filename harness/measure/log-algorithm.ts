import { BANKS } from './bank.ts';

/** A hash algorithm whose digests stand in a log, be it one that this project computes or not. */
export type LogAlgorithm = {
  /** TCG name (`sha256`), or `0x99` for one that the registry used here does not name. */
  readonly name: string;
  /** TPM_ALG_ID. */
  readonly algId: number;
  /** Digest size in bytes. */
  readonly digestBytes: number;
};

/** TCG Algorithm Registry 1.34, table 3: hash algorithms that a PCR bank may use. */
const REGISTRY: readonly LogAlgorithm[] = [
  ...Object.entries(BANKS).map(([name, bank]) => ({ name, ...bank })),
  { name: 'sm3_256', algId: 0x0012, digestBytes: 32 },
  { name: 'sha3_256', algId: 0x0027, digestBytes: 32 },
  { name: 'sha3_384', algId: 0x0028, digestBytes: 48 },
  { name: 'sha3_512', algId: 0x0029, digestBytes: 64 },
];

/** The only algorithm of a log without a Spec ID event of version 03. */
export const SHA1: LogAlgorithm = { name: 'sha1', ...BANKS.sha1 };

/** The registered algorithm of a TPM_ALG_ID, or `undefined`. */
export function registeredAlgorithm(algId: number): LogAlgorithm | undefined {
  return REGISTRY.find((algorithm) => algorithm.algId === algId);
}

/** The registered algorithm of a TCG name, or `undefined`. */
export function namedAlgorithm(name: string): LogAlgorithm | undefined {
  return REGISTRY.find((algorithm) => algorithm.name === name);
}
