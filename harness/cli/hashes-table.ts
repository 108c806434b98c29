import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type DirectBoot, hashKernel, makeHashesTable } from '../sev/hashes-table.ts';

/** What `cvm hashes-table --json` prints: hex, the table with its padding. */
export type HashesTableReport = {
  readonly table: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly cmdline: string;
};

/**
 * The action behind `cvm hashes-table`.
 *
 * @returns the report, and the table as QEMU puts it into guest memory
 */
export function hashesTableReport(boot: DirectBoot<ByteSource>): {
  readonly report: HashesTableReport;
  readonly table: Uint8Array;
} {
  const hashes = hashKernel(boot);
  const table = makeHashesTable(hashes);
  const report = {
    table: toHex(table),
    kernel: toHex(hashes.kernel),
    initrd: toHex(hashes.initrd),
    cmdline: toHex(hashes.cmdline),
  };
  return { report, table };
}

/** The report for people. */
export function renderHashesTable(report: HashesTableReport): string {
  return [
    `kernel   ${report.kernel}`,
    `initrd   ${report.initrd}`,
    `cmdline  ${report.cmdline}`,
    `table    ${report.table}`,
  ].join('\n');
}
