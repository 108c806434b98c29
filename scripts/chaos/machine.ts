import { writeFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { WORKSPACE } from '../../harness/cli/workspace.ts';
import { firmwareBuilds } from '../../harness/images/firmware-build.ts';
import { Machine } from '../../harness/machine/machine.ts';

const DISK_BYTES = 1 << 20;

/**
 * A small machine that runs its firmware and finds nothing to boot.
 *
 * @param disk absolute path of the empty disk, which is made
 */
export async function firmwareMachine(disk: string): Promise<Machine> {
  const builds = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
  const build = builds.find(({ variant, vars }) => variant === 'plain' && vars !== null);
  if (build?.vars == null) throw new TypeError('the manifest has no plain firmware');
  writeFileSync(disk, '');
  await truncate(disk, DISK_BYTES);
  return Machine.parse({
    name: 'chaos',
    firmware: { kind: 'pflash', code: build.code.path, vars: build.vars.path, smm: false },
    boot: { kind: 'disk', path: disk, format: 'raw' },
    vcpus: 1,
    memoryMiB: 256,
  });
}
