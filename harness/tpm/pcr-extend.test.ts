import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { extendsSinceStartup, responseCode } from './pcr-extend.ts';
import { readSwtpmLog } from './swtpm-log.ts';
import { CLEAR_STARTUP, extendCommand, loggedExchange } from './testing/swtpm-text.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** TPM_RC_PCR_CHANGED and the like: any code but 0. */
const REFUSED = '80010000000a00000128';

const extend = (pcr: number, text: string) => extendCommand(pcr, [['000b', sha256(text)]]);

function extendsOf(...exchanges: readonly string[]) {
  return extendsSinceStartup(
    readSwtpmLog(bytesSource('swtpm.log', Buffer.from(exchanges.join('')))),
  );
}

describe('the extends of a TPM', () => {
  it('are those since its last start, and those that it made', () => {
    expect(
      extendsOf(
        loggedExchange(extend(0, 'before')),
        loggedExchange(CLEAR_STARTUP),
        loggedExchange(extend(4, 'a')),
        loggedExchange(extend(4, 'refused'), REFUSED),
        loggedExchange('80010000000c0000017b0010'),
        loggedExchange(extend(7, 'b')),
      ),
    ).toEqual([
      { pcr: 4, digests: { sha256: sha256('a') } },
      { pcr: 7, digests: { sha256: sha256('b') } },
    ]);
  });

  it('hold what the TPM itself has hashed', () => {
    // TPM2_PCR_Event of PCR 5 with the data "ab", and its answer (TPM 2.0 Library, Part 3, 22.3).
    const command = '8002000000200000013c000000050000000940000009000000000000026162';
    const values = `00000001000b${sha256('ab')}`;
    const answer = `80020000003d00000000${'00000026'}${values}0000010000`;
    expect(extendsOf(loggedExchange(command, answer))).toEqual([
      { pcr: 5, digests: { sha256: sha256('ab') } },
    ]);
  });

  it('are none of a command that no TPM understands', () => {
    expect(extendsOf(loggedExchange('80020000000a00000182'))).toEqual([]);
    expect(extendsOf(loggedExchange(extendCommand(4, [['ffff', '00']])))).toEqual([]);
  });

  it('a response too short to have a code has none', () => {
    expect(responseCode(Uint8Array.of(0x80, 1))).toBeUndefined();
  });
});
