import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../bytes/source.ts';
import { openSource } from '../host/file-source.ts';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import { certificatePath, type ImageKeys, privateKeyPath } from './image-keys.ts';
import { sectionOf, writeSection } from './uki-section.ts';

/** What ukify's option wants: a path, one behind an @, or the text itself. */
type GivenAs = 'path' | '@path' | 'text';

/** Sections that are carried over, with ukify's option for each. */
const PARTS = {
  '.linux': { option: '--linux', as: 'path' },
  '.initrd': { option: '--initrd', as: 'path' },
  '.osrel': { option: '--os-release', as: '@path' },
  '.uname': { option: '--uname', as: 'text' },
} as const satisfies Readonly<Record<string, { option: string; as: GivenAs }>>;

const UKIFY_MS = 60_000;

/** How the new UKI differs from the one that its parts are of. */
export type UkiChange = {
  readonly cmdline: string;
  /** A second profile with a command line of its own; without it the UKI has no profiles. */
  readonly otherProfile?: { readonly id: string; readonly cmdline: string };
  /** Paths of another kernel and initrd; what is left out is that of the original. */
  readonly started?: { readonly linux?: string; readonly initrd: string };
  /** Path of a cpio archive that is unpacked behind the initrd. */
  readonly moreInitrd?: string;
  /** Whether it stays without signature. */
  readonly unsigned?: true;
  /** Who signs which values PCR 11 is to have; without it the UKI carries no such signature. */
  readonly pcrSignature?: PcrSignature;
};

/** A signature of the PCR values to come, in the sections `.pcrsig` and `.pcrpkey` (UAPI.5). */
export type PcrSignature = {
  /** Path of the public key, PEM. */
  readonly publicKey: string;
  /** Made now, for the phases of the boot that are named. */
  readonly sign?: { readonly privateKey: string; readonly phases: readonly string[] };
  /** Path of a file with the signatures of another UKI, carried over as they are. */
  readonly carriedOver?: string;
};

/**
 * Builds a UKI again from the parts of another one, with ukify, and signs it as reference images are
 * signed.
 *
 * @param original path of the UKI whose parts are taken
 * @param change its new command line, and another profile
 * @param directory where the new UKI, `uki.efi`, and its parts are written
 * @throws FormatError where the original is no UKI; InfraError where ukify fails
 */
export async function rebuildUki(
  original: string,
  change: UkiChange,
  directory: string,
  keys: ImageKeys,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  using source = await openSource(original);
  const parts = await extractParts(source, directory, change.started);
  const cmdline = await textFile(join(directory, 'cmdline'), change.cmdline);
  const uki = join(directory, 'uki.efi');
  const { options, files } = pcrSignatureOptions(change.pcrSignature);
  const ukify = (args: readonly string[]) => {
    const own = [change.moreInitrd, change.started?.linux, change.started?.initrd];
    const given = [...own.filter((path) => path !== undefined), ...files];
    const access = { readable: [keys.directory, ...given], directory };
    const command = toolCommand(tools, 'ukify', ['build', ...args], access);
    return runTool(command, { ...context, deadlineMs: UKIFY_MS });
  };
  const profiles = await buildProfiles(change, directory, ukify);
  const more = change.moreInitrd === undefined ? [] : ['--initrd', change.moreInitrd];
  const signature = change.unsigned ? [] : signedBy(keys);
  const given = [...parts, ...more, '--cmdline', cmdline, ...profiles, ...options, ...signature];
  await ukify([...given, '--output', uki]);
  return uki;
}

/** @returns ukify's options, and the files that they name */
function pcrSignatureOptions(signature: PcrSignature | undefined) {
  if (signature === undefined) return { options: [], files: [] };
  const { publicKey, sign, carriedOver } = signature;
  const files = [publicKey, sign?.privateKey, carriedOver].filter((path) => path !== undefined);
  if (carriedOver !== undefined) {
    const sections = ['--pcrpkey', publicKey, '--section', `.pcrsig:@${carriedOver}`];
    return { options: sections, files };
  }
  if (sign === undefined) return { options: ['--pcrpkey', publicKey], files };
  const key = ['--pcr-private-key', sign.privateKey, '--pcr-public-key', publicKey];
  return { options: [...key, '--phases', sign.phases.join(' '), '--pcr-banks', 'sha256'], files };
}

/** @returns ukify's options for the UKI that both profiles go into */
async function buildProfiles(
  { otherProfile }: UkiChange,
  directory: string,
  ukify: (args: readonly string[]) => Promise<unknown>,
): Promise<readonly string[]> {
  if (otherProfile === undefined) return [];
  const cmdline = await textFile(join(directory, 'profile-cmdline'), otherProfile.cmdline);
  const path = join(directory, 'profile.efi');
  await ukify(['--profile', `ID=${otherProfile.id}`, '--cmdline', cmdline, '--output', path]);
  return ['--profile', 'ID=main', '--join-profile', path];
}

/** What ukify takes as text it reads from a file where an @ stands before the name. */
async function textFile(path: string, text: string): Promise<string> {
  await writeFile(path, text);
  return `@${path}`;
}

/** ukify's options for a signature that `db` allows. */
export function signedBy(keys: ImageKeys): readonly string[] {
  return [
    ...['--secureboot-private-key', privateKeyPath(keys, 'db')],
    ...['--secureboot-certificate', certificatePath(keys, 'db'), '--signtool', 'sbsign'],
  ];
}

async function extractParts(
  source: ByteSource,
  directory: string,
  started: UkiChange['started'],
): Promise<readonly string[]> {
  const options: string[] = [];
  for (const [name, { option, as }] of Object.entries(PARTS)) {
    const other =
      name === '.linux' ? started?.linux : name === '.initrd' ? started?.initrd : undefined;
    if (other !== undefined) {
      options.push(option, other);
      continue;
    }
    const path = join(directory, name.slice(1));
    await writeSection(source, name, path);
    options.push(option, await given(as, path));
  }
  return options;
}

async function given(as: GivenAs, path: string): Promise<string> {
  switch (as) {
    case 'path':
      return path;
    case '@path':
      return `@${path}`;
    case 'text':
      return await readFile(path, 'utf8');
  }
}

/**
 * The command line that a UKI carries.
 *
 * @throws FormatError where it carries none
 */
export function cmdlineOf(source: ByteSource): string {
  const section = sectionOf(source, '.cmdline');
  const bytes = source.read(section.rawOffset, section.virtualSize);
  return Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');
}
