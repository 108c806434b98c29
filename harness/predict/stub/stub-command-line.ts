import { FormatError } from '../../bytes/format-error.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { StubRelease } from '../../formats/stub-release.ts';

/** What systemd-stub makes of the load options that it is started with. */
export type StubArguments = {
  /** The profile that they choose with `@N`, from 0. */
  readonly profile: number;
  /** The command line for the kernel; absent where they hold none. */
  readonly commandLine: string | undefined;
};

/** An image that does not name its stub is taken for one with the newest. */
const NEWEST = Number.POSITIVE_INFINITY;

/** The kernel takes 2 KiB; keeps a hostile section from claiming memory. */
const MAX_BYTES = 1 << 16;

/** Load options with other characters are taken for garbage: as their first, or from v259 on anywhere. */
const FIRST_PRINTABLE = 0x20;
const FIRST_TO_CHECK_ALL = 259;

/**
 * Splits the load options as systemd-stub does.
 *
 * @param stub the stub's release
 * @param loadOptions the text without its NUL; absent where there are no load options
 * @see systemd src/boot/stub.c (process_arguments; use_load_options before v257)
 */
export function stubArguments(
  stub: StubRelease | undefined,
  loadOptions: string | undefined,
): StubArguments {
  const version = stub?.version ?? NEWEST;
  if (loadOptions === undefined || isGarbage(version, loadOptions)) {
    return { profile: 0, commandLine: undefined };
  }
  const prefix = version >= 257 ? /^@([0-9]{1,9})(?: |$)/.exec(loadOptions) : null;
  const text = withoutControls(version, loadOptions.slice(prefix?.[0].length ?? 0));
  const isIgnored = version >= 257 && text === '';
  return { profile: Number(prefix?.[1] ?? 0), commandLine: isIgnored ? undefined : text };
}

/** What firmware puts into load options need be no text (UEFI 2.11, 3.1.3). */
function isGarbage(version: number, loadOptions: string): boolean {
  const [text = ''] = loadOptions.split('\0', 1);
  const checked = version >= FIRST_TO_CHECK_ALL ? text : loadOptions.slice(0, 1);
  const isPrintable = (character: string) => character.charCodeAt(0) >= FIRST_PRINTABLE;
  return loadOptions === '' || !Array.from(checked).every(isPrintable);
}

/**
 * The command line that is built into a UKI, as the stub hands it to the kernel.
 *
 * @param stub the stub's release
 * @param section the content of `.cmdline`
 * @throws FormatError where it is larger than any command line, or no UTF-8, so that it is not
 *   certain what a stub makes of it
 */
export function builtInCommandLine(stub: StubRelease | undefined, section: ByteSource): string {
  const fail = (expected: string, found: string): never => {
    throw new FormatError({ file: section.name, offset: 0, expected, found });
  };
  if (section.size > MAX_BYTES) {
    fail(`a command line of at most ${MAX_BYTES} bytes`, `${section.size} bytes`);
  }
  const bytes = section.read(0, section.size);
  const end = bytes.indexOf(0);
  const text = decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
  return withoutControls(stub?.version ?? NEWEST, text ?? fail('UTF-8', 'other bytes'));
}

/**
 * The command line that addons add: one after the other, as the stub measures and appends it.
 *
 * @param stub the stub's release, v257 or newer
 * @param sections the contents of the addons' `.cmdline`, in order
 * @returns `undefined` where they add nothing
 * @throws FormatError as {@link builtInCommandLine}
 * @see systemd src/boot/stub.c (load_addons, cmdline_append_and_measure_addons)
 */
export function addonCommandLine(
  stub: StubRelease | undefined,
  sections: readonly ByteSource[],
): string | undefined {
  const joined = sections
    .map((section) => builtInCommandLine(stub, section))
    .reduce((before, text) => (before === '' ? text : `${before} ${text}`), '');
  return withoutControls(NEWEST, joined) || undefined;
}

/**
 * Control characters become spaces, and spaces at the ends are cut off: nothing of this in v252, all
 * of it from v255 on.
 *
 * @see systemd src/boot/util.c (mangle_stub_cmdline), by tag
 */
function withoutControls(version: number, text: string): string {
  if (version <= 252) return text;
  if (version <= 254) return text.replace(/\p{Cc}/gu, spaceForC0).replace(/ +$/, '');
  return text.replace(/\p{Cc}/gu, spaceForAscii).replace(/^ +| +$/g, '');
}

function spaceForC0(character: string): string {
  return character < ' ' ? ' ' : character;
}

function spaceForAscii(character: string): string {
  return character <= '\x7f' ? ' ' : character;
}

/** Characters beyond 16 bits are left out by every stub. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.replace(/[\u{10000}-\u{10ffff}]/gu, '');
  } catch {
    return undefined;
  }
}
