import { digestsMatch } from './digest-match.ts';
import type { UserspaceEvent } from './userspace-log.ts';

/**
 * Events whose digest is an HMAC with a secret (a volume key), so that the log cannot show it
 * (systemd, tpm2_pcr_extend_bytes() in src/shared/tpm2-util.c).
 */
const SECRET_EVENTS: readonly string[] = ['volume-key'];

/**
 * Whether the digests of systemd's event are those of the word that it logs, in UTF-8 without NUL.
 *
 * @returns `null` where the word is not what was measured: there is none, a secret was measured, or
 *   systemd escaped or cut the word for the log
 */
export function userspaceDigestMatches(
  event: Pick<UserspaceEvent, 'type' | 'digests' | 'word'>,
): boolean | null {
  const { type, digests, word } = event;
  if (word === undefined || SECRET_EVENTS.includes(type)) return null;
  const isLiteral = !word.includes('\\') && !word.endsWith('...');
  return digestsMatch(digests, { candidates: [Buffer.from(word, 'utf8')], required: isLiteral });
}
