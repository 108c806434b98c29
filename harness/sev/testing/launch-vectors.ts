import { createHash } from 'node:crypto';
import { type ByteSource, bytesSource } from '../../bytes/source.ts';
import { openFixtures } from '../../formats/testing/fixtures.ts';
import { hashKernel, makeHashesTable } from '../hashes-table.ts';

/** A file of the folder, or data that is made by a recipe. */
type Content = string | { readonly seed: string; readonly size: number } | null;

/** A launch, and the digest that other programs compute. */
export type LaunchVector = {
  readonly id: string;
  readonly mode: string;
  readonly vcpus: number | null;
  readonly vcpu_sig: number | null;
  readonly vcpu_type?: string | null;
  readonly ovmf: string;
  readonly kernel: Content;
  readonly initrd: Content;
  readonly append: string | null;
  readonly guest_features: number;
  readonly vmm_type: string | null;
  readonly snp_ovmf_hash: string | null;
  readonly expected: string | null;
};

type Index = {
  readonly unit_vectors: readonly LaunchVector[];
  readonly peer_vectors: readonly LaunchVector[];
};

const folder = openFixtures<Index>('launch', { unit_vectors: [], peer_vectors: [] });

export const VECTORS: readonly LaunchVector[] = [
  ...folder.index.unit_vectors,
  ...folder.index.peer_vectors,
];

/** A firmware of the folder. */
export const launchFile = (name: string): ByteSource => folder.source(name);

/** The table of hashes of a launch; absent where no kernel is booted. */
export function hashesTableOf(vector: LaunchVector): Uint8Array | undefined {
  const kernel = contentOf(vector.kernel);
  if (kernel === undefined) return undefined;
  const { append } = vector;
  const hashes = hashKernel({
    kernel,
    initrd: contentOf(vector.initrd),
    cmdline: append ?? undefined,
  });
  return makeHashesTable(hashes);
}

/** The content as a source; absent where there is none. */
function contentOf(content: Content): ByteSource | undefined {
  if (content === null) return undefined;
  if (typeof content === 'string') return folder.source(content);
  return bytesSource(content.seed, stream(content.seed, content.size));
}

/** The folder's recipe: SHA-256 of seed and counter, one after the other. */
function stream(seed: string, size: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) => {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(index));
    return createHash('sha256').update(seed).update(counter).digest();
  });
  return Buffer.concat(blocks).subarray(0, size);
}
