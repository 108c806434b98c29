import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { SwtpmPackets, type TpmPacket } from './swtpm-packets.ts';

/** A command that the TPM was sent, and what it answered. */
export type TpmExchange = {
  /** The whole command: tag, size, code, and what belongs to it. */
  readonly command: Uint8Array;
  /** The whole response; absent where the log ends before it. */
  readonly response: Uint8Array | undefined;
  /** Offset in the log of the line that announces the command. */
  readonly offset: number;
};

/** A boot makes some hundred thousand bytes; a log without end is no log of a boot. */
const LARGEST_LOG = 64 << 20;

/**
 * Reads the log that swtpm writes at level 20 (swtpm(8), `--log`): every command in the order in which
 * the TPM was sent it, the firmware's first one included.
 *
 * @param source the log
 * @throws FormatError where it tells of no command, or of a command or response that is not whole
 */
export function readSwtpmLog(source: ByteSource): readonly TpmExchange[] {
  const exchanges: TpmExchange[] = [];
  const packets = new SwtpmPackets();
  let begun = 0;
  for (const { text, offset } of linesOf(source)) {
    const wasOpen = packets.isOpen;
    const packet = packets.line(text);
    if (packet !== undefined) {
      add(source.name, exchanges, packet, begun);
    } else if (wasOpen && !(packets.isOpen && isContinued(text))) {
      throw cutShort(source.name, begun, text);
    }
    if (!wasOpen && packets.isOpen) begun = offset;
  }
  if (packets.isOpen) throw cutShort(source.name, begun, 'the end of the log');
  if (exchanges.length > 0) return exchanges;
  const expected = 'a log of swtpm, level 20, with TPM commands';
  throw new FormatError({ file: source.name, offset: 0, expected, found: 'none' });
}

function add(file: string, exchanges: TpmExchange[], packet: TpmPacket, offset: number): void {
  const last = exchanges.at(-1);
  const isAnswered = last === undefined || last.response !== undefined;
  if (packet.kind === 'command' && isAnswered) {
    exchanges.push({ command: packet.bytes, response: undefined, offset });
    return;
  }
  if (packet.kind === 'response' && !isAnswered) {
    exchanges[exchanges.length - 1] = { ...last, response: packet.bytes };
    return;
  }
  const expected = isAnswered ? 'a command' : 'the response to the command before';
  throw new FormatError({ file, offset, expected, found: `a ${packet.kind}` });
}

/** Bytes, and nothing else. */
function isContinued(text: string): boolean {
  return /^[\s0-9A-Fa-f]+$/.test(text);
}

function cutShort(file: string, offset: number, found: string): FormatError {
  const expected = 'a TPM command or response in its announced length';
  return new FormatError({ file, offset, expected, found: found.trim() || 'an empty line' });
}

type Line = { readonly text: string; readonly offset: number };

function linesOf(source: ByteSource): readonly Line[] {
  if (source.size > LARGEST_LOG) {
    throw new FormatError({
      file: source.name,
      offset: 0,
      expected: `a log of at most ${LARGEST_LOG} bytes`,
      found: `${source.size} bytes`,
    });
  }
  const bytes = readRange(source, 0, source.size, 'swtpm log');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  let offset = 0;
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const at = offset;
      offset += line.length + 1;
      return { text: line, offset: at };
    });
}
