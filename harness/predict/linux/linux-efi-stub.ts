import { type ByteSource, chunksOf } from '../../bytes/source.ts';
import { encodeUtf16 } from '../../bytes/utf16.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { measuredBytes } from '../measured-bytes.ts';
import type { Forecast } from '../prediction.ts';

const PCR = 9;

/** How a kernel names its two events; one that measures them has these texts in its EFI stub. */
const LOAD_OPTIONS = 'LOADED_IMAGE::LoadOptions';
const INITRD = 'Linux initrd';

/** What a kernel is started with. */
export type KernelArguments = {
  /** The command line; absent where the load options are empty. */
  readonly commandLine: string | undefined;
  /** The initrd in pieces, as it comes through EFI_LOAD_FILE2_PROTOCOL; absent where there is none. */
  readonly initrd: Iterable<Uint8Array> | undefined;
};

/**
 * Forecasts what the EFI stub of a Linux kernel measures: its load options with their NUL, and the
 * initrd.
 *
 * @param forecast which banks
 * @param kernel the kernel's image: whether it measures depends on its version, and shows in it
 * @param started what it is started with
 * @throws FormatError where a file cannot be read
 * @see Linux, drivers/firmware/efi/libstub/efi-stub-helper.c (efi_measure_tagged_event)
 */
export function linuxEfiStubEvents(
  { banks }: Forecast,
  kernel: ByteSource,
  { commandLine, initrd }: KernelArguments,
): readonly ExpectedEvent[] {
  const texts = findTexts(kernel, [LOAD_OPTIONS, INITRD]);
  const event = (text: string, description: string, bytes: Uint8Array | Iterable<Uint8Array>) => ({
    pcr: PCR,
    type: 'EV_EVENT_TAG',
    agent: 'linux-efi-stub' as const,
    description: `${description} (${text})`,
    ...measuredBytes(banks, bytes),
  });
  const takesInitrd = initrd !== undefined && !isRefused(commandLine);
  return [
    ...(commandLine !== undefined && texts.has(LOAD_OPTIONS)
      ? [event(LOAD_OPTIONS, 'command line', encodeUtf16(`${commandLine}\0`))]
      : []),
    ...(takesInitrd && texts.has(INITRD) ? [event(INITRD, 'initrd', initrd)] : []),
  ];
}

/** `noinitrd` keeps the stub from loading one. */
function isRefused(commandLine = ''): boolean {
  const [options = ''] = ` ${commandLine} `.split(' -- ');
  return options.split(/\s/).includes('noinitrd');
}

/** Which texts, each ended by a NUL, a file holds. */
function findTexts(source: ByteSource, texts: readonly string[]): ReadonlySet<string> {
  const needles = texts.map((text) => ({ text, bytes: Buffer.from(`${text}\0`) }));
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1;
  const found = new Set<string>();
  let tail: Uint8Array = new Uint8Array(0);
  for (const chunk of chunksOf(source, 0, source.size, 'the kernel')) {
    const window = Buffer.concat([tail, chunk]);
    for (const { text, bytes } of needles) if (window.includes(bytes)) found.add(text);
    tail = window.subarray(-overlap);
  }
  return found;
}
