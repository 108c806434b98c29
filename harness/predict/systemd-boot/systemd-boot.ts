import { type ByteSource, chunksOf, readRange } from '../../bytes/source.ts';
import { listDirectory, openFile } from '../../formats/fat.ts';
import type { GptPartition } from '../../formats/gpt-partition.ts';
import type { PeImage } from '../../formats/pe.ts';
import { digestsOf } from '../../measure/bank.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { type BootImage, type BootVolume, onDisk } from '../boot-image.ts';
import type { Firmware } from '../firmware/firmware.ts';
import type { Forecast } from '../prediction.ts';
import { defaultEntry, type LoaderEntry, loaderEntries } from './systemd-boot-entries.ts';

/** TPM2_PCR_BOOT_LOADER_CONFIG (UAPI Group, Linux TPM PCR Registry). */
const LOADER_CONFIG_PCR = 5;

/** The first version whose choice is forecast: older ones hand command lines on. */
const FIRST_FORECAST = 255;

const LOADER_CONF = '\\loader\\loader.conf';
const UKI_FOLDER = '\\EFI\\Linux';
const ENTRY_FOLDER = '\\loader\\entries';
const DRIVER_FOLDER = '\\EFI\\systemd\\drivers';
const KEY_FOLDER = '\\loader\\keys';

/** Type GUID of an extended boot loader partition (UAPI Group, Boot Loader Specification). */
const EXTENDED_BOOT_LOADER = 'bc13c2ff-59e6-4262-a352-b275fd6f7172';

/** systemd's vendor GUID of variables. */
const LOADER_GUID = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';

/** A file that counts how often it was tried is renamed before it is loaded. */
const BOOT_COUNTER = /\+\d+(-\d+)?\.efi$/i;

const MAX_MAGIC_BYTES = 1024;
const MAX_CONFIG_BYTES = 1 << 20;

/** What systemd-boot starts and measures before, or what of it is not known. */
export type LoaderChoice =
  | { readonly next: BootImage; readonly events: readonly ExpectedEvent[] }
  | { readonly unknown: string };

/**
 * The version of systemd-boot that an image is.
 *
 * @returns e.g. 257; `undefined` where it is something else
 * @see systemd src/boot/boot.c: `#### LoaderInfo: systemd-boot VERSION ####`
 */
export function systemdBootVersion(source: ByteSource, pe: PeImage): number | undefined {
  const section = pe.sections.find(({ name }) => name === '.sdmagic');
  if (section === undefined) return undefined;
  const { rawOffset, rawSize, virtualSize } = section;
  const length = Math.min(rawSize, virtualSize, MAX_MAGIC_BYTES);
  const magic = Buffer.from(readRange(source, rawOffset, length, '.sdmagic')).toString('latin1');
  const match = /^#### LoaderInfo: systemd-boot v?(\d{1,4})\D/.exec(magic);
  return match === null ? undefined : Number(match[1]);
}

/**
 * Forecasts what systemd-boot measures and starts, where there is no doubt: one UKI on its partition or
 * one that loader.conf names, no other entries, and nothing that tells it otherwise.
 *
 * @param forecast which banks
 * @param version its version
 * @param place the partition that it is on
 * @param firmware whose variables can tell it what to start
 * @throws FormatError where a folder or file is damaged
 * @see systemd src/boot/boot.c
 */
export function predictSystemdBoot(
  forecast: Forecast,
  version: number,
  place: BootVolume,
  { store }: Pick<Firmware, 'store'>,
): LoaderChoice {
  const names = filesIn(place, UKI_FOLDER, '.efi');
  if (names.length === 0) return { unknown: 'which of 0 UKIs systemd-boot starts' };
  const config = openFile(place.volume, LOADER_CONF);
  const doubt = doubtAboutPartition(place) ?? doubtAboutChoice(names, version, store, config);
  if (doubt !== undefined) return { unknown: `with systemd-boot, ${doubt}` };
  const entries = names.flatMap((name) => {
    const source = openFile(place.volume, `${UKI_FOLDER}\\${name}`);
    return source === undefined ? [] : loaderEntries(name, source, version);
  });
  if (entries.length === 0) {
    return { unknown: `with systemd-boot, ${names.join()} is not offered, as it has no .osrel` };
  }
  const entry = defaultEntry(entries, config === undefined ? '' : textOf(config), version);
  if ('unknown' in entry) return { unknown: `with systemd-boot, ${entry.unknown}` };
  return {
    next: asStarted(entry, place),
    events: config === undefined ? [] : [loaderConfigEvent(forecast, config)],
  };
}

/** A profile is chosen by its number; the default one needs no words. */
function asStarted({ file, source, profile }: LoaderEntry, place: BootVolume): BootImage {
  const image = onDisk(source, `${UKI_FOLDER}\\${file}`, place);
  return profile === 0 ? image : { ...image, commandLine: `@${profile}`, isMeasured: true };
}

function textOf(config: ByteSource): string {
  return Buffer.from(config.read(0, config.size)).toString('utf8');
}

function doubtAboutPartition(place: BootVolume): string | undefined {
  const isExtended = ({ type }: GptPartition) => type === EXTENDED_BOOT_LOADER;
  return firstOf([
    [filesIn(place, ENTRY_FOLDER, '.conf').length > 0, `it depends on what is in ${ENTRY_FOLDER}`],
    [filesIn(place, DRIVER_FOLDER, '.efi').length > 0, `it depends on drivers in ${DRIVER_FOLDER}`],
    [hasKeys(place), `keys in ${KEY_FOLDER} may be enrolled`],
    [place.gpt.partitions.some(isExtended), 'there is an extended boot loader partition'],
  ]);
}

/** Each set of keys has a folder of its own; `bootctl install` makes the folder for them, and leaves it empty. */
function hasKeys({ volume }: BootVolume): boolean {
  return (listDirectory(volume, KEY_FOLDER) ?? []).some(
    ({ name, isDirectory }) => isDirectory && !name.startsWith('.'),
  );
}

function doubtAboutChoice(
  names: readonly string[],
  version: number,
  { variables }: Firmware['store'],
  config: ByteSource | undefined,
): string | undefined {
  const counted = names.find((name) => BOOT_COUNTER.test(name));
  return firstOf([
    [version < FIRST_FORECAST, `command lines are handed on in v${version}`],
    [counted !== undefined, `${counted} is renamed with every try`],
    [variables.some(({ guid }) => guid === LOADER_GUID), 'its variables have a say'],
    [(config?.size ?? 0) > MAX_CONFIG_BYTES, `${LOADER_CONF} is too large`],
  ]);
}

function firstOf(doubts: readonly (readonly [isThere: boolean, doubt: string])[]) {
  return doubts.find(([isThere]) => isThere)?.[1];
}

/** The whole file is measured. */
function loaderConfigEvent({ banks }: Forecast, config: ByteSource): ExpectedEvent {
  return {
    pcr: LOADER_CONFIG_PCR,
    type: 'EV_EVENT_TAG',
    agent: 'systemd-boot',
    description: LOADER_CONF,
    digests: digestsOf(banks, chunksOf(config, 0, config.size, LOADER_CONF)),
  };
}

/** Names that begin like those of entries that the loader makes by itself are passed over. */
function filesIn({ volume }: BootVolume, folder: string, suffix: string): readonly string[] {
  return (listDirectory(volume, folder) ?? [])
    .filter(({ isDirectory }) => !isDirectory)
    .map(({ name }) => name)
    .filter((name) => name.toLowerCase().endsWith(suffix) && !/^(\.|auto-)/i.test(name));
}
