import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Swtpm } from './swtpm.ts';
import type { SwtpmContext } from './swtpm-context.ts';
import { VM_LOGS, type VmRun } from './vm-run.ts';

/** Longer than the deadlines of the steps of swtpm's end together. */
const SWTPM_SLOT_MS = 15_000;

/** Starts the vTPM of a VM, which ends with it and leaves its log. */
export async function startTpm(
  { directory, scope, context }: VmRun,
  start: (context: SwtpmContext) => Promise<Swtpm>,
): Promise<Swtpm> {
  const tpm = await start({ ...context, directory });
  scope.defer('log of swtpm', () => copyFile(tpm.logFile, join(context.logs, VM_LOGS.tpm)));
  return scope.use('swtpm', tpm, SWTPM_SLOT_MS);
}
