import { InfraError } from '../host/errors.ts';
import type { GuestCommandResult } from './command-output.ts';

/** Bytes that a guest passes on in its report. */
export const REPORT_DATA_BYTES = 64;

/** Where Linux since 6.7 asks the secure processor (Documentation/ABI/testing/configfs-tsm-report). */
const REPORTS = '/sys/kernel/config/tsm/report';

/** Runs a command in the guest. */
export type GuestShell = {
  run(command: string, signal: AbortSignal): Promise<GuestCommandResult>;
};

/**
 * Has the guest ask for an attestation report over configfs-tsm.
 *
 * @param reportData {@link REPORT_DATA_BYTES} bytes, a nonce among them
 * @returns the report as the secure processor gave it; nothing is verified
 * @throws InfraError where the guest has no such interface, or it is no SNP guest
 */
export async function fetchReport(
  guest: GuestShell,
  reportData: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (reportData.length !== REPORT_DATA_BYTES) {
    throw new TypeError(`report data has ${REPORT_DATA_BYTES} bytes, not ${reportData.length}`);
  }
  const { exitCode, stdout, stderr } = await guest.run(reportCommand(reportData), signal);
  if (exitCode === 0) return stdout;
  throw new InfraError({
    tool: `guest command for ${REPORTS}`,
    problem: `exited with code ${exitCode}`,
    exitCode,
    lastLines: stderr.trim().split('\n'),
  });
}

/** A request is a folder that the kernel fills; it is gone afterwards, whatever happens. */
function reportCommand(reportData: Uint8Array): string {
  const data = Buffer.from(reportData).toString('base64');
  return [
    'set -e',
    'modprobe sev-guest 2>/dev/null || true',
    'mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config',
    `request=$(mktemp -d ${REPORTS}/cvm.XXXXXX)`,
    `trap 'rmdir "$request"' EXIT`,
    '[ "$(cat "$request/provider")" = sev_guest ]',
    `printf %s ${data} | base64 -d > "$request/inblob"`,
    'cat "$request/outblob"',
  ].join('\n');
}
