import { join } from 'node:path';
import type { ByteSource } from '../../harness/bytes/source.ts';
import { requireWholeQcow2 } from '../../harness/formats/qcow2.ts';
import { runTool } from '../../harness/host/run-tool.ts';
import { toolCommand } from '../../harness/host/tools.ts';
import type { OwnImageContext } from './own-image-context.ts';

/** A disk of some gigabytes; one that takes longer is converted beforehand. */
const CONVERT_MS = 600_000;

/**
 * Makes a raw disk of a qcow2 image.
 *
 * @param source the image
 * @returns absolute path of the disk
 * @throws FormatError where the image would have another file read; InfraError where qemu-img fails
 */
export async function rawDisk(
  source: ByteSource,
  { toolbox, inputs, run }: OwnImageContext,
): Promise<string> {
  requireWholeQcow2(source);
  const disk = join(inputs, 'disk.raw');
  const args = ['convert', '-f', 'qcow2', '-O', 'raw', source.name, disk];
  const access = { readable: [source.name], directory: inputs };
  await runTool(toolCommand(toolbox, 'qemu-img', args, access), { ...run, deadlineMs: CONVERT_MS });
  return disk;
}
