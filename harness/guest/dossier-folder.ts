import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import {
  DOSSIER_FILES,
  DOSSIER_INDEX,
  type Dossier,
  type DossierEntry,
  type DossierFile,
  type DossierIndex,
  openDossier,
  readDossierIndex,
} from '../evidence/dossier.ts';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';

/** Guests, consoles and logs are cut off at this many bytes when they are collected. */
const LARGEST_FILE = 65 << 20;

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
  platform: 'host file',
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

/**
 * Opens a dossier's folder. Its files are held in memory: none may be larger than what the harness
 * collects of a guest.
 *
 * @param directory the dossier's folder
 * @throws UsageError where there is no such folder; FormatError where a file is not what was collected
 */
export async function openDossierFolder(directory: string): Promise<Dossier> {
  await checkFolder(directory);
  const index = await readCollected(directory, DOSSIER_INDEX);
  const sources = new Map<string, ByteSource>();
  for (const { file } of readDossierIndex(index).files) {
    sources.set(file, await readCollected(directory, file));
  }
  return openDossier(index, (file) => {
    const source = sources.get(file);
    if (source === undefined) throw new TypeError(`${file} is not in the index`);
    return source;
  });
}

async function checkFolder(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    const problem = FOLDER_PROBLEMS[error.code ?? ''] ?? `cannot be read: ${error.code}`;
    throw new UsageError(`${directory}: ${problem}`);
  });
  if (names.includes(DOSSIER_INDEX)) return;
  const isRun = names.includes(DOSSIERS) ? `; those of a run are in ${DOSSIERS}/` : '';
  throw new UsageError(`${directory}: no dossier, it has no ${DOSSIER_INDEX}${isRun}`);
}

/** Where a run keeps its dossiers. */
const DOSSIERS = 'dossiers';

const FOLDER_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such dossier',
  ENOTDIR: 'no dossier, which is a folder',
  EACCES: 'may not be read by this user',
};

async function readCollected(directory: string, file: string): Promise<ByteSource> {
  using source = await openSource(join(directory, file));
  if (source.size <= LARGEST_FILE) return bytesSource(source.name, source.read(0, source.size));
  throw new FormatError({
    file: source.name,
    offset: 0,
    expected: `a file of a dossier, at most ${LARGEST_FILE} bytes`,
    found: `${source.size} bytes`,
  });
}
