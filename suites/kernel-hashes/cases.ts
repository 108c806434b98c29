import { BLOB_CASES } from './blob-cases.ts';
import type { KernelHashesCases } from './case.ts';
import { TABLE_CASES } from './table-cases.ts';

/** Every case of the suite. */
export const KERNEL_HASHES_CASES: KernelHashesCases = { ...BLOB_CASES, ...TABLE_CASES };
