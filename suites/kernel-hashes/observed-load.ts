import { toHex } from '../../harness/bytes/hex.ts';
import type { FirmwareModule } from '../../harness/formats/firmware-modules.ts';
import { type CodePlace, findLoadedModule } from '../../harness/formats/loaded-module.ts';
import { sha256OfFile } from '../../harness/host/sha256-of-file.ts';
import type { ObservedLoad } from '../../harness/judge/judge-kernel-load.ts';
import { hashCommandLine } from '../../harness/sev/hashes-table.ts';
import type { FirmwareRun } from '../../harness/vm/firmware-run.ts';

/** Paths of what QEMU is given, by what it is. */
export type GivenFiles = Readonly<Record<'kernel' | 'initrd' | 'shim', string | undefined>>;

/**
 * What a run of the firmware shows of a load.
 *
 * @param modules of the firmware, one of which it may have stopped in
 */
export async function observedLoad(
  run: FirmwareRun,
  given: GivenFiles,
  modules: readonly FirmwareModule[],
): Promise<ObservedLoad> {
  const { end, programs, extends: extended, memory: table, console } = run;
  const digests: Record<string, string> = {};
  for (const [what, path] of Object.entries(given)) {
    if (path !== undefined) digests[what] = await sha256OfFile(path);
  }
  const cmdline = run.argv[run.argv.indexOf('-append') + 1];
  const hasCmdline = run.argv.includes('-append');
  if (given.kernel !== undefined) {
    digests['cmdline'] = commandLineDigest(hasCmdline ? (cmdline ?? '') : '');
  }
  const stoppedIn = placeOfHalt(run, modules)?.module.name;
  return { end: end.kind, stoppedIn, programs, extends: extended, table, console, given: digests };
}

/** Where in a program of the firmware a run has ended; `undefined` where it has ended in none. */
export function placeOfHalt(
  { end, code }: FirmwareRun,
  modules: readonly FirmwareModule[],
): CodePlace | undefined {
  if (end.kind === 'started' || code === undefined) return undefined;
  return findLoadedModule(code, end.instruction, modules);
}

/** SHA-256 of a command line as the table has it, lower-case hex. */
export function commandLineDigest(cmdline: string): string {
  return toHex(hashCommandLine(cmdline));
}
