import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../../harness/bytes/format-error.ts';
import { UsageError } from '../../harness/host/errors.ts';
import { runTool } from '../../harness/host/run-tool.ts';
import { toolCommand } from '../../harness/host/tools.ts';
import { OWNER } from '../../harness/images/secure-boot-store.ts';
import type { OwnImageContext } from './own-image-context.ts';

const ENROLL_MS = 30_000;

/**
 * A variable store with Secure Boot on and certificates of somebody's own in db. Who could change db plays
 * no part in a boot: the first of them is PK and KEK too.
 *
 * @param empty absolute path of the store that comes with the firmware
 * @param certificates absolute paths of X.509 certificates, PEM or DER
 * @returns absolute path of the store
 * @throws UsageError where a file is not there; FormatError where one is no certificate; InfraError
 *   where virt-fw-vars fails
 */
export async function certificateStore(
  empty: string,
  certificates: readonly string[],
  { toolbox, inputs, run }: OwnImageContext,
): Promise<string> {
  const pems = await Promise.all(certificates.map((path, index) => pemOf(path, index, inputs)));
  const [first = ''] = pems;
  const store = join(inputs, 'vars.fd');
  const args = [
    ...['--input', empty, '--output', store, '--secure-boot'],
    ...['--set-pk', OWNER, first, '--add-kek', OWNER, first],
    ...pems.flatMap((pem) => ['--add-db', OWNER, pem]),
  ];
  const command = toolCommand(toolbox, 'virt-fw-vars', args, {
    readable: [empty],
    directory: inputs,
  });
  await runTool(command, { ...run, deadlineMs: ENROLL_MS });
  return store;
}

async function pemOf(file: string, index: number, inputs: string): Promise<string> {
  const bytes = await readFile(file).catch(() => {
    throw new UsageError(
      `certificates.${index}: ${file}: no such file, or not one that can be read`,
    );
  });
  const path = join(inputs, `db-${index}.pem`);
  await writeFile(path, certificateIn(file, bytes).toString());
  return path;
}

function certificateIn(file: string, bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    const expected = 'an X.509 certificate, PEM or DER';
    throw new FormatError({ file, offset: 0, expected, found: 'something else' });
  }
}
