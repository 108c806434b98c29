import type { ByteSource } from '../../bytes/source.ts';
import { chosenSection, type StubChoice } from '../../formats/measured-sections.ts';
import type { PeSection } from '../../formats/pe.ts';
import { sectionMemory } from '../../formats/section-memory.ts';
import type { Uki } from '../../formats/uki.ts';
import { padding, stubCpio } from './stub-cpio.ts';

/** Sections that are part of the initrd as they are, in this order, and the first stub that takes them. */
const INITRDS = [
  { name: '.ucode', since: 256 },
  { name: '.initrd', since: 252 },
] as const;

/** Sections that become files of the initrd, in this order, and the first stub that takes them. */
const FILES = [
  { name: '.pcrsig', file: 'tpm2-pcr-signature.json', since: 252 },
  { name: '.pcrpkey', file: 'tpm2-pcr-public-key.pem', since: 252 },
  { name: '.osrel', file: 'os-release', since: 257 },
  { name: '.profile', file: 'profile', since: 257 },
] as const;

const FILES_FOLDER = { path: '.extra', mode: 0o555, fileMode: 0o444 } as const;

/** A part of the initrd. */
export type InitrdPart = { readonly size: number; readonly bytes: () => Iterable<Uint8Array> };

/** What the stub finds beside the UKI and adds. */
export type InitrdAdditions = {
  /** Microcode: goes first. */
  readonly microcode: readonly InitrdPart[];
  /** Archives that the stub packs. */
  readonly archives: readonly Pick<InitrdPart, 'bytes'>[];
  /** Initrds of addons: they go last. */
  readonly initrds: readonly InitrdPart[];
};

/** A UKI that stands alone. */
export const NO_ADDITIONS: InitrdAdditions = { microcode: [], archives: [], initrds: [] };

/**
 * The initrd that systemd-stub composes and hands to the kernel.
 *
 * @param source the UKI
 * @param uki how it is made up
 * @param choice the profile that is booted
 * @param additions what is found beside the UKI
 * @returns the initrd in pieces; `undefined` where there is none
 * @see systemd src/boot/stub.c (generate_embedded_initrds, combine_initrds), by tag
 */
export function stubInitrd(
  source: ByteSource,
  uki: Uki,
  choice: StubChoice,
  additions: InitrdAdditions,
): Iterable<Uint8Array> | undefined {
  const version = uki.stub?.version ?? Number.POSITIVE_INFINITY;
  const sectionOf = ({ name, since }: { readonly name: string; readonly since: number }) =>
    version >= since ? chosenSection(uki, name, choice) : undefined;
  const parts = [
    ...additions.microcode,
    ...INITRDS.map((initrd) => asInitrd(source, sectionOf(initrd))),
    ...additions.archives.map(asPart),
    ...FILES.map((file) => asFile(source, file.file, sectionOf(file))),
    ...additions.initrds,
  ].filter((part) => part !== undefined);
  const [only] = parts;
  if (only === undefined) return undefined;
  return parts.length === 1 ? only.bytes() : combined(parts);
}

/** What stands alone is handed on as it is; else every part is filled up to a multiple of four. */
function* combined(parts: readonly InitrdPart[]): Generator<Uint8Array, void, undefined> {
  for (const { size, bytes } of parts) {
    yield* bytes();
    yield padding(size);
  }
}

function asInitrd(source: ByteSource, section: PeSection | undefined): InitrdPart | undefined {
  if (section === undefined) return undefined;
  return { size: section.virtualSize, bytes: () => sectionMemory(source, section) };
}

/** An archive needs no filling up. */
function asPart({ bytes }: Pick<InitrdPart, 'bytes'>): InitrdPart {
  return { size: 0, bytes };
}

function asFile(
  source: ByteSource,
  name: string,
  section: PeSection | undefined,
): InitrdPart | undefined {
  if (section === undefined) return undefined;
  const content = () => sectionMemory(source, section);
  const file = { name, size: section.virtualSize, content };
  return asPart({ bytes: () => stubCpio(FILES_FOLDER, [file]) });
}
