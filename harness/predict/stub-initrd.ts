import type { ByteSource } from '../bytes/source.ts';
import { chosenSection, type StubChoice } from '../formats/measured-sections.ts';
import type { PeSection } from '../formats/pe.ts';
import { sectionMemory } from '../formats/section-memory.ts';
import type { Uki } from '../formats/uki.ts';
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

/** A part of the initrd; its bytes can be read only once. */
type Part = { readonly size: number; readonly bytes: () => Iterable<Uint8Array> };

/**
 * The initrd that systemd-stub composes of a UKI's sections and hands to the kernel, where there is
 * nothing beside the UKI that it would add.
 *
 * @param source the UKI
 * @param uki how it is made up
 * @param choice the profile that is booted
 * @returns the initrd in pieces; `undefined` where there is none
 * @see systemd src/boot/stub.c (generate_embedded_initrds, combine_initrds), by tag
 */
export function stubInitrd(
  source: ByteSource,
  uki: Uki,
  choice: StubChoice,
): Iterable<Uint8Array> | undefined {
  const version = uki.stub?.version ?? Number.POSITIVE_INFINITY;
  const sectionOf = ({ name, since }: { readonly name: string; readonly since: number }) =>
    version >= since ? chosenSection(uki, name, choice) : undefined;
  const parts = [
    ...INITRDS.map((initrd) => asInitrd(source, sectionOf(initrd))),
    ...FILES.map((file) => asFile(source, file.file, sectionOf(file))),
  ].filter((part) => part !== undefined);
  const [only] = parts;
  if (only === undefined) return undefined;
  return parts.length === 1 ? only.bytes() : combined(parts);
}

/** What stands alone is handed on as it is; else every part is filled up to a multiple of four. */
function* combined(parts: readonly Part[]): Generator<Uint8Array, void, undefined> {
  for (const { size, bytes } of parts) {
    yield* bytes();
    yield padding(size);
  }
}

function asInitrd(source: ByteSource, section: PeSection | undefined): Part | undefined {
  if (section === undefined) return undefined;
  return { size: section.virtualSize, bytes: () => sectionMemory(source, section) };
}

/** The archive needs no filling up. */
function asFile(
  source: ByteSource,
  file: string,
  section: PeSection | undefined,
): Part | undefined {
  if (section === undefined) return undefined;
  const { virtualSize } = section;
  return { size: 0, bytes: () => stubCpio(file, virtualSize, sectionMemory(source, section)) };
}
