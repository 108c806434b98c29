import { join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import { certificatePath, type ImageKeys, type SecureBootKey } from './image-keys.ts';

/** Owner of the keys that the harness enrolls. */
export const OWNER = 'c0de0000-0000-4000-8000-00000000db00';

const ENROLL_MS = 30_000;

/** A variable store to be made from an empty one. */
export type Enrollment = {
  /** Path of the empty variable store that comes with the firmware. */
  readonly empty: string;
  /** Path of the store to be made. */
  readonly store: string;
  readonly keys: ImageKeys;
  /** Certificates of `db`, in this order. */
  readonly db: readonly SecureBootKey[];
};

/**
 * Enrolls an image's own PK, KEK and db in a variable store and switches Secure Boot on.
 *
 * @throws InfraError where virt-fw-vars fails
 */
export async function enrollSecureBoot(
  { empty, store, keys, db }: Enrollment,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const enrolled = (option: string, key: SecureBootKey) => [
    option,
    OWNER,
    certificatePath(keys, key),
  ];
  const args = [
    ...['--input', empty, '--output', store, '--secure-boot'],
    ...enrolled('--set-pk', 'pk'),
    ...enrolled('--add-kek', 'kek'),
    ...db.flatMap((key) => enrolled('--add-db', key)),
  ];
  const access = { readable: [empty, keys.directory], directory: join(store, '..') };
  const command = toolCommand(tools, 'virt-fw-vars', args, access);
  await runTool(command, { ...context, deadlineMs: ENROLL_MS });
}
