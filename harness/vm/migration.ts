import { cameInTime, poll, waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import type { QemuProcess } from './qemu-process.ts';
import type { QmpClient } from './qmp.ts';

/** Writing takes a fifth of a second for 200 MB, reading as long; disks of others are slower. */
const MIGRATION_MS = 120_000;

/** QEMU tells nobody that it is through with a migration. */
const FINALIZED_POLL_MS = 5;

/** How long QEMU may take to end after a stream that it cannot read. */
const END_MS = 1_000;

/** The states of a migration that it never leaves (QEMU QMP reference, `MigrationStatus`). */
const LAST_STATES = new Set(['completed', 'failed', 'cancelled']);

/** No limit: what goes into a file holds nobody up. */
const UNLIMITED = 0;

/**
 * Writes the state of a stopped VM, its TPM's included, into a file.
 *
 * @param path where QEMU may write it
 * @throws InfraError where QEMU cannot; StageTimeout where it takes too long
 */
export async function saveState(
  qmp: QmpClient,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await reportEvents(qmp);
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNLIMITED });
  await migrated(qmp, 'saving of the VM', 'migrate', path, signal);
  const wait = { name: 'end of the saving of the VM', deadlineMs: MIGRATION_MS, signal };
  await waitFor(wait, (over) => poll(() => isFinalized(qmp), FINALIZED_POLL_MS, over));
}

/**
 * QEMU says that a migration has completed a moment before it is through with it, and refuses until then to
 * let the VM go on (QEMU, migration/migration.c, migration_completion; monitor/qmp-cmds.c, qmp_cont).
 */
async function isFinalized(qmp: QmpClient): Promise<true | undefined> {
  const { status } = (await qmp.execute('query-status')) as { readonly status?: unknown };
  return status === 'finish-migrate' ? undefined : true;
}

/**
 * Reads the state that {@link saveState} wrote into a QEMU that was started with `-incoming defer`. The
 * VM stays stopped.
 *
 * @param path where QEMU may read it
 * @throws InfraError where QEMU cannot; StageTimeout where it takes too long
 */
export async function loadState(
  qemu: QemuProcess,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await reportEvents(qemu.qmp);
  try {
    await migrated(qemu.qmp, 'loading of the VM', 'migrate-incoming', path, signal);
  } catch (error) {
    // A QEMU that cannot read the stream says why, and ends: that tells more than the connection.
    const wait = { name: 'end of QEMU', deadlineMs: END_MS };
    const exit = qemu.child.exit;
    if (await cameInTime(wait, () => exit)) throw qemu.child.failure(await exit);
    throw error;
  }
}

async function reportEvents(qmp: QmpClient): Promise<void> {
  const capabilities = [{ capability: 'events', state: true }];
  await qmp.execute('migrate-set-capabilities', { capabilities });
}

/** Gives a command that begins a migration, and waits for its end. */
async function migrated(
  qmp: QmpClient,
  name: string,
  command: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const end = Promise.withResolvers<unknown>();
  using _listener = qmp.onEvent((event) => {
    const status = event.name === 'MIGRATION' ? event.data['status'] : undefined;
    if (typeof status === 'string' && LAST_STATES.has(status)) end.resolve(status);
  });
  const lost = qmp.closed.then((error) => Promise.reject(error));
  lost.catch(() => undefined);
  const status = await waitFor({ name, deadlineMs: MIGRATION_MS, signal }, async () => {
    await qmp.execute(command, { uri: `file:${path}` });
    return await Promise.race([end.promise, lost]);
  });
  if (status === 'completed') return;
  throw new InfraError({ tool: 'QEMU', problem: `ended the ${name} as ${status}` });
}
