import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../harness/bytes/hex.ts';
import { findVerityPartitions, type VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { cameInTime } from '../../harness/host/deadline.ts';
import { firstError, InfraError } from '../../harness/host/errors.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { judgePolicy, type PolicyRead } from '../../harness/judge/judge-policy.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { OwnDiskFork } from '../conformance.ts';

/** What a dm-verity device does beside failing the read (Linux, drivers/md/dm-verity-target.c). */
export type ErrorPolicy =
  | 'panic_on_corruption'
  | 'restart_on_corruption'
  | 'panic_on_error'
  | 'restart_on_error';

/** Name of the file among a fork's evidence with what became of each read. */
const POLICIES_FILE = 'policies.json';

const END_MS = 60_000;

/**
 * Sets up, in the guest, a dm-verity device over data of which one sector cannot be read (the device mapper's
 * error target), for each policy one after the other, and reads that sector.
 *
 * @param policies one with which the guest does not live on is the last
 * @param expected what is to become of every read
 */
export async function readUnderPolicies(
  fork: OwnDiskFork,
  policies: readonly (ErrorPolicy | undefined)[],
  expected: PolicyRead['end'],
  signal: AbortSignal,
): Promise<readonly Judgement[]> {
  using original = await openSource(fork.original);
  const partitions = findVerityPartitions(original);
  const reads: PolicyRead[] = [];
  for (const [index, policy] of policies.entries()) {
    const { setUp, read } = commandsFor(partitions, policy, index);
    await done(fork, setUp, signal);
    reads.push({ policy: policy ?? 'no policy', ...(await endOfRead(fork, read, signal)) });
  }
  await writeFile(join(fork.directory, POLICIES_FILE), `${JSON.stringify(reads, null, 1)}\n`);
  return reads.map((read) => judgePolicy(read, expected, POLICIES_FILE));
}

/** That the device cannot be set up is no verdict about what the kernel makes of it. */
async function done({ ssh }: OwnDiskFork, command: string, signal: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await ssh.run(command, signal);
  if (exitCode === 0) return;
  const lastLines = stderr.trim().split('\n');
  const problem = `exited with code ${exitCode}`;
  throw new InfraError({ tool: 'dmsetup in the guest', problem, lastLines });
}

function commandsFor(
  { data, hash, device, root }: VerityPartitions,
  policy: ErrorPolicy | undefined,
  index: number,
): { readonly setUp: string; readonly read: string } {
  const { parameters, geometry } = device;
  const { dataBlocks, dataBlockBytes, hashBlockBytes, algorithm, salt, format } = parameters;
  const perBlock = dataBlockBytes / 512;
  const sectors = dataBlocks * perBlock;
  // Far from where udev looks for a file system.
  const bad = Math.floor(dataBlocks / 2) * perBlock;
  const [lower, upper] = [`faulty${index}`, `checked${index}`];
  const first = geometry.levels.at(-1)?.firstBlock ?? 0;
  const table = [
    `0 ${sectors} verity ${format} $lower /dev/vda${hash.number}`,
    `${dataBlockBytes} ${hashBlockBytes} ${dataBlocks} ${first} ${algorithm} ${root}`,
    toHex(salt) || '-',
    ...(policy === undefined ? [] : [`1 ${policy}`]),
  ].join(' ');
  const faulty = [
    `0 ${bad} linear /dev/vda${data.number} 0`,
    `${bad} 1 error`,
    `${bad + 1} ${sectors - bad - 1} linear /dev/vda${data.number} ${bad + 1}`,
  ].join('\\n');
  // The guest has no rules of udev that would make names below /dev/mapper.
  const info = 'dmsetup info -c --noheadings --separator : -o';
  const setUp = [
    `printf '${faulty}\\n' | dmsetup create --noudevsync ${lower}`,
    `lower=$(${info} major,minor ${lower})`,
    `dmsetup create --noudevsync --readonly ${upper} --table "${table}"`,
  ].join(' && ');
  const dd = `of=/dev/null bs=512 skip=${bad} count=1 iflag=direct status=none`;
  return { setUp, read: `dd if=/dev/dm-$(${info} minor ${upper}) ${dd}` };
}

async function endOfRead(
  { vm, ssh }: OwnDiskFork,
  command: string,
  signal: AbortSignal,
): Promise<Omit<PolicyRead, 'policy'>> {
  let hasPanicked = false;
  vm.console.onLine((line) => {
    hasPanicked ||= /Kernel panic - not syncing: dm-verity device has I\/O error/.test(line);
  });
  try {
    const { exitCode, stderr } = await ssh.run(command, signal);
    const said = stderr.trim().split('\n').join('; ');
    const isRefused = exitCode !== 0 && /error reading .*Input\/output error/.test(stderr);
    return { end: isRefused ? 'EIO' : 'something else', said };
  } catch (error) {
    const halted = await cameInTime(
      { name: 'end of the machine', deadlineMs: END_MS },
      () => vm.halted,
    );
    const reason = halted ? await vm.halted : undefined;
    if (reason?.kind !== 'reset') return { end: 'something else', said: messageOf(error) };
    return { end: hasPanicked ? 'panic' : 'restart', said: 'the VM was reset by the guest' };
  }
}

function messageOf(error: unknown): string {
  const first = firstError(error);
  return first instanceof Error ? first.message : String(first);
}
