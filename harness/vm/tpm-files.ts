import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunDirectory } from '../host/run-directory.ts';

/** What a vTPM has in the directory that it is given: absolute paths. */
export type TpmFiles = {
  /** Directory of all of it. */
  readonly home: string;
  /** Directory of what swtpm itself keeps. */
  readonly state: string;
  readonly certificates: string;
  readonly setupConfiguration: string;
  readonly authorityConfiguration: string;
  readonly authorityOptions: string;
  readonly log: string;
  /** Control socket. */
  readonly socket: string;
};

/** Makes the directories of a vTPM that is to be. */
export async function tpmFiles(directory: RunDirectory): Promise<TpmFiles> {
  const files = tpmFilesIn(directory);
  await mkdir(files.state, { recursive: true, mode: 0o700 });
  await mkdir(files.certificates, { mode: 0o700 });
  return files;
}

/** Where a vTPM has its files. */
export function tpmFilesIn(directory: RunDirectory): TpmFiles {
  const home = directory.file('tpm');
  return {
    home,
    state: join(home, 'state'),
    certificates: join(home, 'certificates'),
    setupConfiguration: join(home, 'swtpm_setup.conf'),
    authorityConfiguration: join(home, 'swtpm-localca.conf'),
    authorityOptions: join(home, 'swtpm-localca.options'),
    log: join(home, 'swtpm.log'),
    socket: directory.socket('tpm/control'),
  };
}

/** Copies what a vTPM is, and not what served it. */
export async function copyTpm(
  from: Pick<TpmFiles, 'state' | 'certificates'>,
  to: Pick<TpmFiles, 'state' | 'certificates'>,
): Promise<void> {
  await cp(from.state, to.state, { recursive: true });
  await cp(from.certificates, to.certificates, { recursive: true });
}
