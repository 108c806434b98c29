import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ByteSource } from '../bytes/source.ts';
import { DOSSIER_INDEX } from '../evidence/dossier.ts';
import { filesByDigest } from '../explain/files-by-digest.ts';
import { loggedDevicePath } from '../formats/logged-device-path.ts';
import { openDossierFolder } from '../guest/dossier-folder.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { observeDossier } from '../judge/observe-tpm.ts';
import type { PcrEvidence } from '../measure/pcr-evidence.ts';
import { readPcrEvidence } from './pcr-evidence-file.ts';
import { LARGEST_RESULT, RESULT_FILE, resultOf } from './result-file.ts';

/** What one side of a comparison tells: PCRs of one boot, or the boots of a run by machine. */
export type Told =
  | { readonly kind: 'boot'; readonly evidence: PcrEvidence }
  | {
      readonly kind: 'run';
      readonly path: string;
      /** Folder of each boot's dossier by the machine's name. */
      readonly dossiers: ReadonlyMap<string, string>;
    };

/**
 * Finds out what a path tells of PCRs: a file that {@link readPcrEvidence} takes, the folder or index
 * of a dossier, the folder or `result.json` of a run.
 *
 * @param path as the user gave it; `-` for standard input
 * @throws UsageError where a folder is neither a dossier nor a run; FormatError where a file is broken
 */
export async function openPcrEvidence(path: string): Promise<Told> {
  if (path !== '-' && (await isFolder(path))) return openFolder(path);
  if (basename(path) === DOSSIER_INDEX) return dossierTold(dirname(path));
  using source = await openSource(path);
  if (isResult(source)) return runTold(path, dirname(path), source);
  return { kind: 'boot', evidence: readPcrEvidence(source) };
}

/**
 * What a dossier tells of PCRs.
 *
 * @param directory the dossier's folder
 * @throws UsageError where there is no such folder; FormatError where a file is not what was collected
 */
export async function readDossierEvidence(directory: string): Promise<PcrEvidence> {
  const dossier = await openDossierFolder(directory);
  const { pcrs, events, commandLine } = observeDossier(dossier, loggedDevicePath);
  const machine = filesByDigest(dossier.index);
  return { pcrs, events, machine, ...(commandLine !== undefined && { commandLine }) };
}

async function openFolder(path: string): Promise<Told> {
  if (await isFile(join(path, DOSSIER_INDEX))) return dossierTold(path);
  const file = join(path, RESULT_FILE);
  if (!(await isFile(file))) {
    throw new UsageError(
      `${path}: neither a dossier (${DOSSIER_INDEX}) nor a run (${RESULT_FILE})`,
    );
  }
  using source = await openSource(file);
  return runTold(path, path, source);
}

async function dossierTold(directory: string): Promise<Told> {
  return { kind: 'boot', evidence: await readDossierEvidence(directory) };
}

function runTold(path: string, directory: string, source: ByteSource): Told {
  const { boots } = resultOf(source);
  const dossiers = new Map(boots.map(({ name, dossier }) => [name, join(directory, dossier)]));
  return { kind: 'run', path, dossiers };
}

/** A result is told from a prediction by its list of boots. */
function isResult(source: ByteSource): boolean {
  if (source.size > LARGEST_RESULT) return false;
  const text = Buffer.from(source.read(0, source.size)).toString('utf8');
  if (!text.trimStart().startsWith('{')) return false;
  try {
    return Object.hasOwn(JSON.parse(text), 'boots');
  } catch {
    return false; // what is wrong with it is said by the reader of predictions
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
