import { readFile, rm } from 'node:fs/promises';
import type { QmpClient } from './qmp.ts';

/** Where in guest memory something is. */
export type MemoryRange = {
  /** Guest physical address. */
  readonly address: number;
  /** In bytes. */
  readonly size: number;
};

/**
 * Reads memory of a guest through QEMU.
 *
 * @param file absolute path of a file that QEMU may write, which is gone afterwards
 * @throws InfraError where QEMU does not answer
 */
export async function readMemory(
  qmp: QmpClient,
  { address, size }: MemoryRange,
  file: string,
): Promise<Uint8Array> {
  await qmp.execute('pmemsave', { val: address, size, filename: file });
  const memory = await readFile(file);
  await rm(file);
  return memory;
}
