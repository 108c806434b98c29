import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import type { Dossier } from '../evidence/dossier.ts';
import { CLEAR_STARTUP, extendCommand, loggedExchange } from '../tpm/testing/swtpm-text.ts';
import { observeTpm } from './observe-tpm.ts';

const DIGEST = 'ab'.repeat(32);
const PCR4 = createHash('sha256')
  .update(Buffer.alloc(32))
  .update(Buffer.from(DIGEST, 'hex'))
  .digest('hex');

function observed(log: string) {
  const source = bytesSource('swtpm.log', Buffer.from(log));
  return observeTpm({ file: () => source, has: () => true } as unknown as Dossier);
}

describe("a boot by its TPM's commands", () => {
  it('has the PCRs that they give, and its extends as events', () => {
    const extend = loggedExchange(extendCommand(4, [['000b', DIGEST]]));
    const { pcrs, events } = observed(loggedExchange(CLEAR_STARTUP) + extend);
    expect(Object.keys(pcrs)).toEqual(['sha256']);
    expect(pcrs.sha256?.[4]).toBe(PCR4);
    expect(pcrs.sha256?.[15]).toBe('00'.repeat(32));
    expect(events).toMatchObject([{ pcr: 4, digests: { sha256: DIGEST } }]);
  });

  it('has none where the TPM was told of none', () => {
    expect(observed(loggedExchange(CLEAR_STARTUP))).toMatchObject({ pcrs: {}, events: [] });
  });

  it('is none without commands', () => {
    expect(() => observed('')).toThrow('swtpm.log: at 0x0: expected a log of swtpm');
  });
});
