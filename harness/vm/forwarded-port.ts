import { z } from 'zod';
import { InfraError } from '../host/errors.ts';
import type { QmpClient } from './qmp.ts';

/**
 * The port on 127.0.0.1 that the kernel chose for the guest's SSH. `info usernet` is made for
 * people, and is the one place that tells.
 *
 * @throws InfraError where QEMU forwards none
 */
export async function forwardedPort(qmp: QmpClient): Promise<number> {
  const command = { 'command-line': 'info usernet' };
  const text = z.string().parse(await qmp.execute('human-monitor-command', command));
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(text)?.[1];
  if (port !== undefined) return Number(port);
  throw new InfraError({
    tool: 'QEMU',
    problem: 'forwards no port',
    lastLines: text.split('\r\n'),
  });
}
