import type { ByteSource } from '../../harness/bytes/source.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { FlipBench } from './try-flips.ts';

/** What is flipped in, all of it by absolute paths. */
export type FlipFiles = {
  /** Boots a copy of the disk that nobody else has. */
  readonly machine: Machine;
  /** The disk, the firmware's code and its variables, without any flip. */
  readonly original: string;
  readonly code: string;
  readonly store: string;
  readonly isSecureBoot: boolean;
  /** Where a file of the firmware with bits flipped may be written, and a store that was booted with. */
  readonly changed: string;
  readonly booted: string;
};

/** A bench that keeps files and a VM open. */
export type OpenBench = FlipBench & AsyncDisposable;

/** Opens the files without a flip. */
export async function openAll(
  { original, code, store }: FlipFiles,
  opening: AsyncDisposableStack,
): Promise<{ disk: ByteSource; code: ByteSource; store: ByteSource }> {
  const open = async (path: string) => opening.use(await openSource(path));
  return { disk: await open(original), code: await open(code), store: await open(store) };
}

/** Hands what was opened on to the bench. */
export function kept(opening: AsyncDisposableStack): AsyncDisposable {
  const moved = opening.move();
  return { [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
