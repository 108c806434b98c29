import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource } from '../bytes/source.ts';
import {
  DOSSIER_FILES,
  DOSSIER_INDEX,
  type Dossier,
  type DossierEntry,
  type DossierFile,
  type DossierIndex,
  openDossier,
} from '../evidence/dossier.ts';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { UsageError } from '../host/errors.ts';

/** Where each file of a dossier comes from. */
const WITNESSES: Readonly<Record<DossierFile, DossierEntry['witness']>> = {
  pcrs: 'guest command',
  eventLog: 'event log',
  userspaceLog: 'event log',
  kernelLog: 'guest command',
  cmdline: 'guest command',
  osRelease: 'guest command',
  versions: 'guest command',
  console: 'console',
  qmp: 'QMP',
  tpm: 'TPM command log',
  arguments: 'host file',
};

/**
 * Closes a dossier: writes its index over the files that lie in its folder.
 *
 * @param directory the dossier's folder
 * @param about the index but for its files
 */
export async function writeDossierIndex(
  directory: string,
  about: Omit<DossierIndex, 'schemaVersion' | 'files'>,
): Promise<void> {
  const present = new Set(await readdir(directory));
  const names = (Object.keys(DOSSIER_FILES) as DossierFile[]).filter((name) =>
    present.has(DOSSIER_FILES[name]),
  );
  const files = await Promise.all(names.map((name) => entryOf(directory, name)));
  const index: DossierIndex = { schemaVersion: 1, ...about, files };
  await writeFileAtomically(join(directory, DOSSIER_INDEX), `${JSON.stringify(index, null, 1)}\n`);
}

async function entryOf(directory: string, name: DossierFile): Promise<DossierEntry> {
  const file = DOSSIER_FILES[name];
  const path = join(directory, file);
  const { size } = await stat(path);
  return { file, bytes: size, sha256: await sha256OfFile(path), witness: WITNESSES[name] };
}

/** SHA-256 of a file, read in pieces, as lower-case hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Opens a dossier's folder; its files are small enough to be held.
 *
 * @throws UsageError where there is no such folder; FormatError where a file is not what was collected
 */
export async function openDossierFolder(directory: string): Promise<Dossier> {
  const names = await readdir(directory).catch(() => {
    throw new UsageError(`${directory}: no such dossier`);
  });
  if (!names.includes(DOSSIER_INDEX)) {
    throw new UsageError(`${directory}: no dossier, it has no ${DOSSIER_INDEX}`);
  }
  const contents = new Map<string, Uint8Array>();
  for (const name of names) contents.set(name, await readFile(join(directory, name)));
  const open = (file: string) =>
    bytesSource(join(directory, file), contents.get(file) ?? new Uint8Array());
  return openDossier(open(DOSSIER_INDEX), open);
}
