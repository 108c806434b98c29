import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { findVerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { BlockReader } from '../../harness/guest/block-reader.ts';
import { guestProgram } from '../../harness/guest/guest-program.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { openFileSystem } from '../../harness/images/file-system-image.ts';
import type { Campaign } from '../../harness/judge/judge-campaign.ts';
import type { ChangedFile } from '../../harness/judge/judge-changed-file.ts';
import { FlippableDisk } from '../../harness/vm/flippable-disk.ts';
import type { OwnDiskFork } from '../conformance.ts';
import { changeFile, locateCoco } from './changed-file.ts';
import { runCampaign } from './live-campaign.ts';

/** Name of the file among a fork's evidence with what the campaign came to. */
export const CAMPAIGN_FILE = 'campaign.json';

/** The root in the guest, behind dm-verity: its first device of the device mapper, and the only one. */
const DEVICE = '/dev/dm-0';

/**
 * Brings what runs in the guest into its memory: a program must not need a page of its own from the disk
 * while that is broken.
 */
const HOLD = `cat /proc/[0-9]*/maps | sed -n 's/.* \\(\\/.*\\)/\\1/p' | sort -u | while read -r file; do cat "$file"; done > /dev/null 2>&1; true`;

/** Leads a campaign of flips on a fork, and keeps what it came to. */
export async function campaignOn(
  { ssh, disk: path, original: source, directory, step }: OwnDiskFork,
  signal: AbortSignal,
): Promise<{ readonly campaign: Campaign; readonly levels: number }> {
  const { campaign: order, cache, stock } = inject('setting');
  await using reaper = Reaper.start();
  const program = await guestProgram('read-blocks', stock.toolbox, cache, { reaper, signal });
  using original = await openSource(source);
  using disk = new FlippableDisk(path);
  const partitions = findVerityPartitions(original);
  const { parameters, geometry } = partitions.device;
  await ssh.run(HOLD, signal);
  const { dataBlockBytes } = parameters;
  using reader = await BlockReader.start(ssh, program, DEVICE, dataBlockBytes, signal);
  const field = { reader, disk, original, partitions };
  const campaign = await runCampaign(field, order, signal, (done) =>
    step(`${done} of ${order.flips} flips`),
  );
  await writeFile(join(directory, CAMPAIGN_FILE), `${JSON.stringify(campaign, null, 1)}\n`);
  return { campaign, levels: geometry.levels.length };
}

/** Changes the reference image's own file beneath a fork. */
export async function changeOn(
  { ssh, disk: path, original: source, directory }: OwnDiskFork,
  signal: AbortSignal,
): Promise<ChangedFile> {
  const { stock } = inject('setting');
  await using reaper = Reaper.start();
  using original = await openSource(source);
  using disk = new FlippableDisk(path);
  const partitions = findVerityPartitions(original);
  const { offset, size } = partitions.data;
  const image = openFileSystem({ source: original, offset, size }, stock.toolbox, reaper);
  const located = await locateCoco(original, partitions, image);
  return await changeFile({ ssh, disk, offset }, located, directory, signal);
}
