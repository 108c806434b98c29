import type { Region } from '../../harness/coverage/region.ts';
import { sampleRegions, type Trial } from '../../harness/coverage/sample.ts';
import { shifted } from '../../harness/coverage/shift-regions.ts';
import { findVerityPartitions, type VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { dependentBlock } from '../../harness/coverage/verity-probe.ts';
import {
  algorithmField,
  verityDataRegions,
  verityTreeRegions,
} from '../../harness/coverage/verity-regions.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { type FlipReport, NOTHING, type TriedFlip } from '../../harness/judge/judge-flips.ts';
import { FlippableDisk } from '../../harness/vm/flippable-disk.ts';
import type { OwnDiskFork } from '../conformance.ts';
import { FLIP_SAMPLE, keepFlips } from './flip-trials.ts';
import { predictedText } from './flip-verdict.ts';

/** What a guest makes of a dm-verity device: who refuses what. */
const SEEN = {
  none: NOTHING,
  read: 'dm-verity: the read fails',
  attach: 'systemd-veritysetup refuses',
} as const;

type Refusal = keyof typeof SEEN;

/**
 * Flips bits of every region of the partitions that dm-verity puts together, beneath a running guest, which
 * each time sets the device up anew, as its initrd does, and reads a block that goes by the bit.
 */
export async function flipBeneathGuest(
  fork: OwnDiskFork,
  signal: AbortSignal,
): Promise<FlipReport> {
  const startedAt = performance.now();
  using original = await openSource(fork.original);
  using disk = new FlippableDisk(fork.disk);
  const partitions = findVerityPartitions(original);
  const ask = (block: number) => refusalIn(fork, partitions, block, signal);
  await layBetween(fork, partitions, signal);
  const unchanged = await ask(0);
  const { count, seed } = FLIP_SAMPLE;
  const trials = sampleRegions(verityRegions(partitions), count, seed);
  const together = trials.filter(({ region }) => region.detectedBy.length === 0);
  const alone = trials.filter(({ region }) => region.detectedBy.length > 0);
  const flips: TriedFlip[] = [];
  for (const group of [together, ...alone.map((trial) => [trial])]) {
    for (const { offset, bits } of group) disk.flip(offset, bits);
    const refusal = await ask(blockOf(group, partitions));
    for (const { offset, bits } of group) disk.flip(offset, bits);
    flips.push(...group.map((trial) => triedFlip(trial, refusal)));
  }
  const report: FlipReport = {
    about: 'beneath a running guest',
    unchanged: {
      isSound: unchanged === 'none',
      seen: unchanged === 'none' ? 'it is read' : SEEN[unchanged],
    },
    flips,
  };
  await keepFlips(fork.directory, report, startedAt);
  return report;
}

function verityRegions({ data, hash, device }: VerityPartitions): readonly Region[] {
  const algorithm = algorithmField(device.source);
  return [
    ...shifted(verityDataRegions(device, data.size, 'root'), data.offset),
    ...shifted(verityTreeRegions(device, { size: hash.size, algorithm }, 'root'), hash.offset),
  ];
}

function blockOf([first]: readonly Trial[], partitions: VerityPartitions): number {
  const { dataBlocks } = partitions.device.parameters;
  const block = first === undefined ? 0 : dependentBlock(partitions, first.offset);
  return block < dataBlocks ? block : 0;
}

/** libcryptsetup takes no partition that the root lies upon; it takes a device of the device mapper over it. */
async function layBetween(
  { ssh }: OwnDiskFork,
  { data, hash }: VerityPartitions,
  signal: AbortSignal,
): Promise<void> {
  const lay = (name: string, { number, size }: { number: number; size: number }) =>
    `dmsetup create --noudevsync ${name} --table '0 ${size / 512} linear /dev/vda${number} 0'`;
  const command = `${lay('flipped-data', data)} && ${lay('flipped-hash', hash)}`;
  const { exitCode, stderr } = await ssh.run(command, signal);
  if (exitCode === 0) return;
  const lastLines = stderr.trim().split('\n');
  throw new InfraError({
    tool: 'dmsetup in the guest',
    problem: `exit code ${exitCode}`,
    lastLines,
  });
}

/** The guest has no rules of udev that would tell libdevmapper that a device is there. */
async function refusalIn(
  { ssh }: OwnDiskFork,
  { device, root }: VerityPartitions,
  block: number,
  signal: AbortSignal,
): Promise<Refusal> {
  const veritysetup = 'DM_DISABLE_UDEV=1 /usr/lib/systemd/systemd-veritysetup';
  const { dataBlockBytes } = device.parameters;
  const dd = `of=/dev/null bs=${dataBlockBytes} skip=${block} count=1 iflag=direct`;
  // Programs stay in memory: the guest's own root lies upon what is flipped.
  const { stdout, stderr } = await ssh.run(
    [
      'node() { echo /dev/dm-$(dmsetup info -c --noheadings -o minor $1); }',
      'data=$(node flipped-data) hash=$(node flipped-hash)',
      'blockdev --flushbufs $data $hash',
      `if ${veritysetup} attach flipped $data $hash ${root}; then`,
      `dd if=$(node flipped) ${dd} && echo none || echo read`,
      `${veritysetup} detach flipped`,
      'else echo attach; fi',
    ].join('\n'),
    signal,
  );
  const said = Buffer.from(stdout).toString('latin1').trim();
  if (said === 'none' || said === 'read' || said === 'attach') return said;
  const lastLines = stderr.trim().split('\n');
  throw new InfraError({ tool: 'systemd-veritysetup in the guest', problem: 'broke', lastLines });
}

function triedFlip({ region, offset, bits }: Trial, refusal: Refusal): TriedFlip {
  return {
    file: 'disk',
    region: region.what,
    offset,
    bits,
    predicted: predictedText(region),
    seen: SEEN[refusal],
    disagreement: disagreementOf(region, refusal),
  };
}

/** A superblock that makes no sense is refused before anything is read by it. */
function disagreementOf(
  { detectedBy, partly, what }: Region,
  refusal: Refusal,
): string | undefined {
  if (partly !== undefined) return undefined;
  const isSuperblock = what.includes('superblock');
  const accepted: readonly Refusal[] = detectedBy.includes('dm-verity')
    ? isSuperblock
      ? ['read', 'attach']
      : ['read']
    : [detectedBy.includes('Linux refuses') ? 'attach' : 'none'];
  if (accepted.includes(refusal)) return undefined;
  return `${detectedBy.join(', ') || NOTHING} was to notice, but: ${SEEN[refusal]}`;
}
