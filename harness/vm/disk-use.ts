import { z } from 'zod';
import { InfraError } from '../host/errors.ts';
import type { QmpClient } from './qmp.ts';

/** Name of the drive that a machine boots from. */
const DISK = 'disk0';

/** Counters of a drive (QEMU QMP reference, `query-blockstats`). */
const BlockStats = z.array(
  z.object({
    device: z.string().optional(),
    stats: z.object({ rd_operations: z.int(), wr_operations: z.int() }),
  }),
);

/** How often a disk was read and written. */
export type DiskUse = { readonly reads: number; readonly writes: number };

/**
 * Asks QEMU how often a machine has used its disk since QEMU was started.
 *
 * @throws InfraError where the machine has none
 */
export async function diskUse(qmp: QmpClient): Promise<DiskUse> {
  const drives = BlockStats.parse(await qmp.execute('query-blockstats'));
  const stats = drives.find(({ device }) => device === DISK)?.stats;
  if (stats === undefined) throw new InfraError({ tool: 'QEMU', problem: `has no drive ${DISK}` });
  return { reads: stats.rd_operations, writes: stats.wr_operations };
}
