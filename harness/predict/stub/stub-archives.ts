import { chunksOf } from '../../bytes/source.ts';
import type { StubRelease } from '../../formats/stub-release.ts';
import { digestsOf } from '../../measure/bank.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import type { BootVolume } from '../boot-image.ts';
import type { Forecast } from '../prediction.ts';
import { stubCpio } from './stub-cpio.ts';
import { type StubFile, stubFiles } from './stub-files.ts';

/** TPM2_PCR_KERNEL_CONFIG and TPM2_PCR_SYSEXTS (UAPI Group, Linux TPM PCR Registry). */
const KERNEL_CONFIG_PCR = 12;
const SYSEXTS_PCR = 13;

const SECRET = { mode: 0o500, fileMode: 0o400 } as const;
const PUBLIC = { mode: 0o555, fileMode: 0o444 } as const;

const CONFEXT = '.confext.raw';

/** What the stub packs from which folder; without one, from that of the UKI. In its order. */
const KINDS = [
  { what: 'credentials', suffix: '.cred', since: 252, pcr: KERNEL_CONFIG_PCR, modes: SECRET },
  {
    what: 'global_credentials',
    folder: '\\loader\\credentials',
    suffix: '.cred',
    since: 252,
    pcr: KERNEL_CONFIG_PCR,
    modes: SECRET,
  },
  { what: 'sysext', suffix: '.raw', since: 252, pcr: SYSEXTS_PCR, modes: PUBLIC },
  {
    what: 'global_sysext',
    folder: '\\loader\\extensions',
    suffix: '.raw',
    since: 258,
    pcr: SYSEXTS_PCR,
    modes: PUBLIC,
  },
  { what: 'confext', suffix: CONFEXT, since: 256, pcr: KERNEL_CONFIG_PCR, modes: PUBLIC },
  {
    what: 'global_confext',
    folder: '\\loader\\extensions',
    suffix: CONFEXT,
    since: 258,
    pcr: KERNEL_CONFIG_PCR,
    modes: PUBLIC,
  },
] as const;

/** From this version on, the stub tells system extensions from configuration extensions. */
const FIRST_WITH_CONFEXT = 256;

type Kind = (typeof KINDS)[number];

/** An archive that the stub packs, measures and adds to the initrd. */
export type StubArchive = {
  readonly pcr: number;
  /** What it holds, for people. */
  readonly description: string;
  /** The archive in pieces; a multiple of four bytes. */
  readonly bytes: () => Iterable<Uint8Array>;
};

/**
 * The archives of credentials and extensions that systemd-stub makes of files beside a UKI.
 *
 * @param stub the stub's release; an image that does not name it is taken for one with the newest
 * @param place the partition that the UKI is on
 * @param path the UKI's path from the root of the partition
 * @returns in the order in which they are measured, and stand in the initrd
 * @throws FormatError where a folder or file is damaged
 * @see systemd src/boot/stub.c (generate_sidecar_initrds), by tag
 */
export function stubArchives(
  stub: StubRelease | undefined,
  { volume }: BootVolume,
  path: string,
): readonly StubArchive[] {
  const version = stub?.version ?? Number.POSITIVE_INFINITY;
  return KINDS.filter(({ since }) => version >= since).flatMap((kind) => {
    const isSysext = kind.suffix === '.raw' && version >= FIRST_WITH_CONFEXT;
    const folder = 'folder' in kind ? kind.folder : `${path}.extra.d`;
    const files = stubFiles(volume, folder, kind.suffix, isSysext ? CONFEXT : undefined);
    return files.length === 0 ? [] : [pack(kind, files)];
  });
}

/**
 * Forecasts the measurement of archives.
 *
 * @param forecast which banks
 * @throws FormatError where a file is damaged
 */
export function stubArchiveEvents(
  { banks }: Forecast,
  archives: readonly StubArchive[],
): readonly ExpectedEvent[] {
  return archives.map(({ pcr, description, bytes }) => ({
    pcr,
    type: 'EV_IPL',
    agent: 'systemd-stub',
    description,
    digests: digestsOf(banks, bytes()),
  }));
}

function pack({ what, pcr, modes }: Kind, files: readonly StubFile[]): StubArchive {
  const members = files.map(({ name, source }) => ({
    name,
    size: source.size,
    content: () => chunksOf(source, 0, source.size, 'the file'),
  }));
  const names = files.map(({ name }) => name).join(', ');
  return {
    pcr,
    description: `initrd with ${what}: ${names}`,
    bytes: () => stubCpio({ path: `.extra/${what}`, ...modes }, members),
  };
}
