import { z } from 'zod';
import { InfraError } from '../host/errors.ts';
import type { QmpClient } from './qmp.ts';

/** The machine's virtio devices, and one of them (QEMU QMP reference, `x-query-virtio`). */
const Devices = z.array(z.object({ name: z.string(), path: z.string() }));
const Status = z.object({ status: z.object({ statuses: z.array(z.string()) }) });

/** What a driver says of itself before it uses a device (VIRTIO 1.2, 2.1); the bus has acknowledged it before. */
const DRIVER = 'VIRTIO_CONFIG_S_DRIVER:';

/**
 * Whether a driver has the machine's disk now. The firmware's gives it back as the kernel takes over the
 * machine; until the kernel's own takes it, nobody reads it.
 *
 * @throws InfraError where the machine has no such disk
 */
export async function hasDiskDriver(qmp: QmpClient): Promise<boolean> {
  const devices = Devices.parse(await qmp.execute('x-query-virtio'));
  const disk = devices.find(({ name }) => name === 'virtio-blk');
  if (disk === undefined) throw new InfraError({ tool: 'QEMU', problem: 'has no virtio disk' });
  const { path } = disk;
  const { status } = Status.parse(await qmp.execute('x-query-virtio-status', { path }));
  return status.statuses.some((text) => text.startsWith(DRIVER));
}
