import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FormatError } from '../bytes/format-error.ts';
import { readJsonSource } from '../bytes/json-text.ts';
import { type ByteSource, chunksOf } from '../bytes/source.ts';

/** Name of the index in a dossier's folder. */
export const DOSSIER_INDEX = 'dossier.json';

/** What a dossier's files are, by the name that judges know them under. */
export const DOSSIER_FILES = {
  pcrs: 'pcrread.txt',
  eventLog: 'binary_bios_measurements',
  userspaceLog: 'tpm2-measure.log',
  kernelLog: 'dmesg.txt',
  cmdline: 'cmdline',
  osRelease: 'os-release',
  versions: 'versions.txt',
  console: 'console.log',
  qmp: 'qmp.log',
  tpm: 'swtpm.log',
  arguments: 'qemu-arguments.json',
  platform: 'platform.json.gz',
} as const;

/** Name of a file of a dossier. */
export type DossierFile = keyof typeof DOSSIER_FILES;

const FileEntry = z.strictObject({
  /** Name in the dossier's folder: no path, and not the folder itself or the one above. */
  file: z.string().regex(/^[\w-][\w.-]{0,63}$/),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  witness: z.enum(['guest command', 'event log', 'TPM command log', 'console', 'QMP', 'host file']),
});

/** The index of a dossier: all that one boot left behind. */
export const DossierIndex = z.strictObject({
  schemaVersion: z.literal(1),
  machine: z.looseObject({ name: z.string() }),
  accelerator: z.enum(['tcg', 'kvm']),
  startedAt: z.iso.datetime(),
  stages: z.array(z.strictObject({ stage: z.string(), atMs: z.number().min(0) })),
  /** Milliseconds from power-on to the last byte of evidence; `null` where the guest never answered. */
  answeredAtMs: z.number().min(0).nullable(),
  /** Digests of every file that the machine was made from. */
  inputs: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
  /** Versions of the tools that made the boot. */
  tools: z.record(z.string(), z.string()),
  files: z
    .array(FileEntry)
    .max(64)
    .refine((files) => new Set(files.map(({ file }) => file)).size === files.length, {
      error: 'expected each file once',
    }),
});

export type DossierIndex = z.infer<typeof DossierIndex>;

/** A file's entry in the index. */
export type DossierEntry = DossierIndex['files'][number];

/** A dossier whose files are what its index says. */
export type Dossier = {
  readonly index: DossierIndex;
  /**
   * One of its files.
   *
   * @throws FormatError where this boot left no such file
   */
  file(name: DossierFile): ByteSource;
  /** Whether this boot left such a file. */
  has(name: DossierFile): boolean;
};

/** An index is a few kilobytes. */
const LARGEST_INDEX = 4 << 20;

/**
 * Reads the index of a dossier.
 *
 * @param index `dossier.json`
 * @throws FormatError where it is not one of this version
 */
export function readDossierIndex(index: ByteSource): DossierIndex {
  const what = 'the index of a dossier, schema version 1';
  return readJsonSource(index, what, LARGEST_INDEX, DossierIndex);
}

/**
 * Opens a dossier and checks that each of its files is the one that was collected. Files that the
 * index does not list are none of the dossier's.
 *
 * @param index the index, `dossier.json`
 * @param open gives a file of the dossier's folder; throws FormatError where it is not there
 * @throws FormatError where the index is not one of this version, or a file is missing or changed
 */
export function openDossier(index: ByteSource, open: (file: string) => ByteSource): Dossier {
  const parsed = readDossierIndex(index);
  const sources = new Map(parsed.files.map((entry) => [entry.file, checked(entry, open)]));
  return {
    index: parsed,
    has: (name) => sources.has(DOSSIER_FILES[name]),
    file: (name) => {
      const source = sources.get(DOSSIER_FILES[name]);
      if (source !== undefined) return source;
      throw new FormatError({
        file: index.name,
        offset: 0,
        expected: `a dossier with ${DOSSIER_FILES[name]}`,
        found: [...sources.keys()].join(', ') || 'one without files',
      });
    },
  };
}

function checked(entry: DossierEntry, open: (file: string) => ByteSource): ByteSource {
  const source = open(entry.file);
  const expected = `the file that was collected, ${entry.bytes} bytes, SHA-256 ${entry.sha256}`;
  const fail = (found: string) =>
    new FormatError({ file: source.name, offset: 0, expected, found });
  if (source.size !== entry.bytes) throw fail(`${source.size} bytes`);
  const hash = createHash('sha256');
  for (const chunk of chunksOf(source, 0, source.size, entry.file)) hash.update(chunk);
  const found = hash.digest('hex');
  if (found !== entry.sha256) throw fail(`SHA-256 ${found}`);
  return source;
}
