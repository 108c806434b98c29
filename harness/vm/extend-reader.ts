import { createHash } from 'node:crypto';
import { LineSplitter } from '../host/line-splitter.ts';
import { type PcrExtend, pcrExtendOf } from '../tpm/pcr-extend.ts';
import { SWTPM_LINE_BYTES, SwtpmPackets } from '../tpm/swtpm-packets.ts';

/** Algorithms whose agreement proves that two sequences of bytes are the same. */
const PROOFS = ['sha256', 'sha384', 'sha512'];

/** Reads the extends out of the log that swtpm writes at level 20, as it comes. */
export class ExtendReader {
  readonly #lines = new LineSplitter(SWTPM_LINE_BYTES);
  readonly #packets = new SwtpmPackets();

  /** Takes the next part of the log and yields the extends that it completes, before they are answered. */
  *push(chunk: Uint8Array): Generator<PcrExtend, void, undefined> {
    for (const { text } of this.#lines.push(chunk)) {
      const packet = this.#packets.line(text);
      const extend = packet?.kind === 'command' ? pcrExtendOf(packet.bytes) : undefined;
      if (extend !== undefined) yield extend;
    }
  }
}

/** Whether an extend measures these bytes. SHA-1 alone proves nothing. */
export function measures({ digests }: PcrExtend, bytes: Uint8Array): boolean {
  const known = PROOFS.filter((name) => digests[name] !== undefined);
  return (
    known.length > 0 &&
    known.every((name) => createHash(name).update(bytes).digest('hex') === digests[name])
  );
}
