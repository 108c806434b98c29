import type { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import type { BootedRoot } from '../../harness/judge/judge-changed-boot.ts';

const DEVICES = `ls /sys/dev/block/$(sed -n 's#^[0-9]* [0-9]* \\([0-9:]*\\) / / .*#\\1#p' /proc/self/mountinfo)/slaves`;

/**
 * Asks a guest for its root: the file that may have been changed, and what its dm-verity device lies upon.
 *
 * @param path of the file, fixed text of the suite
 * @param seenBy a command that succeeds where the guest has seen the change
 */
export async function bootedRoot(
  ssh: GuestSsh,
  path: string,
  seenBy: string | undefined,
  signal: AbortSignal,
): Promise<BootedRoot> {
  const read = await ssh.run(`head -c 4 ${path}`, signal);
  const listed = await ssh.run(DEVICES, signal);
  const seen = seenBy === undefined ? undefined : await ssh.run(seenBy, signal);
  return {
    file: read.exitCode === 0 ? text(read.stdout) : (read.stderr.trim().split(': ').at(-1) ?? ''),
    devices: text(listed.stdout).trim().split('\n').toSorted(),
    ...(seen !== undefined && { hasSeen: seen.exitCode === 0 }),
  };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
