import { type ByteSource, chunksOf, readRange } from '../bytes/source.ts';
import { findEntry, listDirectory, openFile } from '../formats/fat.ts';
import type { GptPartition } from '../formats/gpt-partition.ts';
import { type PeImage, readPe } from '../formats/pe.ts';
import { digestsOf } from '../measure/bank.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import { type BootImage, type BootVolume, onDisk } from './boot-image.ts';
import type { Firmware } from './firmware.ts';
import type { Forecast } from './prediction.ts';

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
 * Forecasts what systemd-boot measures and starts, where there is no doubt: one UKI on its partition,
 * no other entries, and nothing that tells it otherwise.
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
  const [name = '', ...others] = filesIn(place, UKI_FOLDER, '.efi');
  const source = openFile(place.volume, `${UKI_FOLDER}\\${name}`);
  if (source === undefined || others.length > 0) {
    return { unknown: `which of ${others.length + (source ? 1 : 0)} UKIs systemd-boot starts` };
  }
  const config = openFile(place.volume, LOADER_CONF);
  const doubt =
    doubtAboutPartition(place) ?? doubtAboutChoice({ name, source }, version, store, config);
  if (doubt !== undefined) return { unknown: `with systemd-boot, ${doubt}` };
  return {
    next: onDisk(source, `${UKI_FOLDER}\\${name}`, place),
    events: config === undefined ? [] : [loaderConfigEvent(forecast, config)],
  };
}

function doubtAboutPartition(place: BootVolume): string | undefined {
  const isExtended = ({ type }: GptPartition) => type === EXTENDED_BOOT_LOADER;
  return firstOf([
    [filesIn(place, ENTRY_FOLDER, '.conf').length > 0, `it depends on what is in ${ENTRY_FOLDER}`],
    [filesIn(place, DRIVER_FOLDER, '.efi').length > 0, `it depends on drivers in ${DRIVER_FOLDER}`],
    [findEntry(place.volume, KEY_FOLDER) !== undefined, `${KEY_FOLDER} may be enrolled`],
    [place.gpt.partitions.some(isExtended), 'there is an extended boot loader partition'],
  ]);
}

function doubtAboutChoice(
  { name, source }: { readonly name: string; readonly source: ByteSource },
  version: number,
  { variables }: Firmware['store'],
  config: ByteSource | undefined,
): string | undefined {
  const hasRelease = readPe(source).sections.some((section) => section.name === '.osrel');
  return firstOf([
    [version < FIRST_FORECAST, `command lines are handed on in v${version}`],
    [!hasRelease, `${name} is not offered, as it has no .osrel`],
    [BOOT_COUNTER.test(name), `${name} is renamed with every try`],
    [variables.some(({ guid }) => guid === LOADER_GUID), 'its variables have a say'],
    [config !== undefined && choosesAnother(config, name), `${LOADER_CONF} has a say`],
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

/** Whether there may be another default than the one UKI, or a menu that waits for somebody. */
function choosesAnother(config: ByteSource, uki: string): boolean {
  if (config.size > MAX_CONFIG_BYTES) return true;
  const text = Buffer.from(config.read(0, config.size)).toString('utf8');
  return text.split(/[\r\n]/).some((line) => {
    const [key, value = ''] = line.trim().split(/[ \t]+/, 2);
    if (key === 'default') return value.toLowerCase() !== uki.toLowerCase();
    return key === 'timeout' && value === 'menu-force';
  });
}
