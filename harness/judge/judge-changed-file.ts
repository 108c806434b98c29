import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';
import { quotedLine } from './quoted-line.ts';

/** What reading a file came to. */
export type FileRead = {
  readonly exitCode: number | null;
  /** The beginning of its content. */
  readonly content: string;
  readonly error: string;
};

/** A file, changed on the disk beneath the guest, and changed back. */
export type ChangedFile = {
  /** Absolute path in the guest. */
  readonly path: string;
  /** Its content as it is, and as it would be. */
  readonly content: string;
  readonly changed: string;
  /** Number of the data block that was changed. */
  readonly block: number;
  /** Who has bytes in that block, as was known before anything was changed. */
  readonly owners: readonly string[];
  readonly before: FileRead;
  readonly during: FileRead;
  readonly after: FileRead;
  /** What the kernel logged while the file was changed. */
  readonly kernelLog: readonly string[];
};

/** Names of the files that show it. */
export type ChangedFileEvidence = { readonly reads: string; readonly kernelLog: string };

/**
 * Judges what a guest made of a file whose bytes changed: it was known beforehand whose block that is, the
 * file read well before and after, and could not be read meanwhile, for a reason that the kernel names.
 */
export function judgeChangedFile(
  file: ChangedFile,
  evidence: ChangedFileEvidence,
): readonly Judgement[] {
  return [
    judgeOwner(file, evidence),
    judgeTwin(file, evidence),
    judgeRefusal(file, evidence),
    judgeLog(file, evidence),
  ];
}

function judgeOwner({ path, block, owners }: ChangedFile, { reads }: ChangedFileEvidence) {
  const isKnown = owners.length === 1 && owners[0] === path;
  return {
    state: isKnown ? 'pass' : 'vacuous',
    sentence: isKnown
      ? `block ${block} was known beforehand to be of ${path} alone`
      : `block ${block} was not known to be of ${path} alone`,
    expected: path,
    observed: owners.map(printable).join(', ') || 'no file',
    witness: 'host file',
    file: reads,
  } as const satisfies Judgement;
}

/** The same file before the change, and when it was undone: else anything might keep it from being read. */
function judgeTwin({ path, content, before, after }: ChangedFile, { reads }: ChangedFileEvidence) {
  const isWhole = [before, after].every((read) => read.exitCode === 0 && read.content === content);
  return {
    state: isWhole ? 'pass' : 'vacuous',
    sentence: isWhole
      ? `${path} reads ${content} before the change, and when it is undone`
      : `${path} does not read ${content} without the change`,
    expected: `${content} and ${content}`,
    observed: `${describe(before)} and ${describe(after)}`,
    witness: 'guest command',
    file: reads,
  } as const satisfies Judgement;
}

function judgeRefusal({ path, changed, during }: ChangedFile, { reads }: ChangedFileEvidence) {
  const isRefused = during.exitCode !== 0 && /Input\/output error/.test(during.error);
  return {
    state: isRefused ? 'pass' : 'fail',
    sentence: isRefused
      ? `${path} cannot be read while the disk says ${changed}`
      : `${path} could be read, or failed for another reason, while the disk says ${changed}`,
    expected: 'Input/output error',
    observed: describe(during),
    witness: 'guest command',
    file: reads,
  } as const satisfies Judgement;
}

/** The kernel is the second witness: it says which block, and who refuses. */
function judgeLog({ block, kernelLog }: ChangedFile, { kernelLog: file }: ChangedFileEvidence) {
  const named = kernelLog.filter((line) => /device-mapper: verity: .* is corrupted/.test(line));
  const isNamed = named.some((line) => line.includes(`: data block ${block} is corrupted`));
  return {
    state: isNamed ? 'pass' : 'fail',
    sentence: isNamed
      ? `the kernel’s dm-verity names data block ${block}`
      : `the kernel’s dm-verity does not name data block ${block}`,
    expected: `device-mapper: verity: …: data block ${block} is corrupted`,
    observed: named.map(quotedLine).join('; ') || 'no line of dm-verity',
    witness: 'guest command',
    file,
  } as const satisfies Judgement;
}

function describe({ exitCode, content, error }: FileRead): string {
  return exitCode === 0 ? printable(content) : printable(error.trim() || `exit code ${exitCode}`);
}
