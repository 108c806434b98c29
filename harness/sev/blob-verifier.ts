import { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';
import { HASHES_GUIDS, HEADER_BYTES } from './hashes-table.ts';

/** A SHA-256 digest. */
const HASH_BYTES = 32;

/** What the verifier looks up; any other blob it is never asked about. */
const VERIFIED_BLOBS = ['kernel', 'initrd', 'cmdline'] as const;

export type VerifiedBlob = (typeof VERIFIED_BLOBS)[number];

/** SHA-256 of each blob, in hexadecimal digits, as the firmware fetches it; one that is not there is empty. */
export type FetchedBlobs = Readonly<Record<VerifiedBlob, string>> & {
  /** Whether there is a kernel at all. */
  readonly hasKernel: boolean;
  /** Whether there is a shim, which is started in the kernel's place and not verified. */
  readonly hasShim: boolean;
};

/** What the firmware does with one blob. */
export type BlobVerdict =
  /** Its hash is the table's. */
  | 'verified'
  /** The table has no entry for it, and the firmware takes it as it is. */
  | 'unlisted'
  /** Its hash is not the table's: the processor stops in a dead loop. */
  | 'stopped'
  /** There is no table, or the entry holds no SHA-256: nothing is booted from the VMM. */
  | 'denied'
  /** An entry of length 0 comes first, and the search never ends. */
  | 'endless';

/** What the firmware makes of all that it is given. */
export type KernelLoad =
  | {
      readonly kind: 'booted';
      readonly program: 'kernel' | 'shim';
      /** What of it nobody has verified. */
      readonly unverified: readonly string[];
    }
  | { readonly kind: 'stopped' | 'endless'; readonly at: VerifiedBlob }
  /** The firmware goes on to its next boot option; `at` is absent where there was no kernel. */
  | { readonly kind: 'passed over'; readonly at: VerifiedBlob | undefined };

/**
 * What the blob verifier of AmdSev builds says of a blob, since edk2-stable202408.
 *
 * @param memory what the firmware finds at its area for the table, as long as that area
 * @param sha256 digest of the blob, in hexadecimal digits
 * @see edk2 c5aa7e7d94, OvmfPkg/AmdSev/BlobVerifierLibSevHashes/BlobVerifierSevHashes.c
 */
export function verifyBlob(memory: Uint8Array, blob: VerifiedBlob, sha256: string): BlobVerdict {
  let rest = entriesOf(memory);
  if (rest === undefined) return 'denied';
  while (rest.length >= HEADER_BYTES) {
    const { guid, length } = readHeader(rest);
    if (rest.length < length) break;
    if (guid === HASHES_GUIDS[blob]) return compare(rest.subarray(HEADER_BYTES, length), sha256);
    if (length === 0) return 'endless';
    rest = rest.subarray(length);
  }
  return 'unlisted';
}

/**
 * What the firmware boots of what QEMU gives it. The kernel is the first that it fetches, whichever of
 * QEMU's names it comes by.
 *
 * @param memory what the firmware finds at its area for the table
 * @see edk2 c5aa7e7d94, OvmfPkg/QemuKernelLoaderFsDxe/QemuKernelLoaderFsDxe.c
 */
export function predictKernelLoad(memory: Uint8Array, blobs: FetchedBlobs): KernelLoad {
  const unverified: string[] = blobs.hasShim ? ['shim'] : [];
  for (const at of VERIFIED_BLOBS) {
    const verdict = verifyBlob(memory, at, blobs[at]);
    if (verdict === 'denied') return { kind: 'passed over', at };
    if (verdict === 'stopped' || verdict === 'endless') return { kind: verdict, at };
    if (verdict === 'unlisted') unverified.push(at);
  }
  if (!blobs.hasKernel) return { kind: 'passed over', at: undefined };
  return { kind: 'booted', program: blobs.hasShim ? 'shim' : 'kernel', unverified };
}

/** The entries of a table that counts as one; `undefined` where there is none. */
function entriesOf(memory: Uint8Array): Uint8Array | undefined {
  if (memory.length < HEADER_BYTES) return undefined;
  const { guid, length } = readHeader(memory);
  const isTable = guid === HASHES_GUIDS.table && length > HEADER_BYTES && length <= memory.length;
  return isTable ? memory.subarray(HEADER_BYTES, length) : undefined;
}

function compare(hash: Uint8Array, sha256: string): BlobVerdict {
  if (hash.length !== HASH_BYTES) return 'denied';
  return toHex(hash) === sha256 ? 'verified' : 'stopped';
}

function readHeader(bytes: Uint8Array) {
  const cursor = new Cursor('table of kernel hashes', bytes);
  return { guid: cursor.guid('GUID'), length: cursor.u16('length') };
}
