import type { Shim } from '../../formats/shim.ts';

/** The keys that a shim was built with. */
export type VendorKeys = Pick<Shim, 'vendorAuthorized' | 'vendorDeauthorized'>;
