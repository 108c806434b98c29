import { join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import { certificatePath } from './image-keys.ts';
import { type Enrollment, OWNER } from './secure-boot-store.ts';

const ENROLL_MS = 30_000;

/** A variable store for shim: Secure Boot knows Microsoft's keys, and shim the image's. */
export type ShimEnrollment = Pick<Enrollment, 'empty' | 'store' | 'keys'> & {
  readonly isSecureBoot: boolean;
};

/**
 * Enrolls the image's PK as PK and KEK, it and Microsoft's certificates in db, and the image's signer
 * in MokList, where shim alone finds it. Without Secure Boot MokList is all that is enrolled: edk2
 * switches Secure Boot on where there is a PK.
 *
 * @throws InfraError where virt-fw-vars fails
 */
export async function enrollForShim(
  { empty, store, keys, isSecureBoot }: ShimEnrollment,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const args = [
    ...['--input', empty, '--output', store],
    ...(isSecureBoot ? ['--enroll-cert', certificatePath(keys, 'pk'), '--secure-boot'] : []),
    ...['--add-mok', OWNER, certificatePath(keys, 'db')],
  ];
  const access = { readable: [empty, keys.directory], directory: join(store, '..') };
  const command = toolCommand(tools, 'virt-fw-vars', args, access);
  await runTool(command, { ...context, deadlineMs: ENROLL_MS });
}
