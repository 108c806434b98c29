import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { mutations } from '../formats/testing/mutations.ts';
import { ABLE, type MadeOvmf, makeOvmf } from '../sev/testing/make-ovmf.ts';
import { firmwareSev, renderFirmwareSev } from './firmware-sev.ts';

const offer = (bytes: Uint8Array) => firmwareSev(bytesSource('fw.fd', bytes));
const words = (made: MadeOvmf) => renderFirmwareSev(offer(makeOvmf(made)));

describe('what a firmware offers a confidential guest', () => {
  it('is named before anything is launched', () => {
    expect(offer(makeOvmf(ABLE))).toEqual({
      footer: true,
      sevMetadataSections: 5,
      hashTable: { base: '0x810c00', size: 1024 },
      apResetEip: '0x80b004',
      problem: null,
    });
    expect(words(ABLE)).toBe('SEV metadata of 5 sections; kernel hashes at 0x810c00, 1024 bytes');
  });

  it.each([
    ['no area', { ...ABLE, hashTable: [0, 0] }, 'no area for kernel hashes (base=0 size=0)'],
    ['no metadata', { hashTable: [0x810c00, 0x400] }, 'no SEV metadata, no SNP; kernel hashes'],
    ['no reset', { sections: [] }, '; one vCPU in SEV-ES and SNP'],
  ] as const)('%s', (_, made, line) => {
    expect(words(made)).toContain(line);
  });

  it('is nothing without a footer', () => {
    const sev = offer(new Uint8Array(4096));
    expect(sev).toMatchObject({ footer: false, sevMetadataSections: null, hashTable: null });
    expect(renderFirmwareSev(sev)).toMatch(/^no footer table of OVMF/);
  });

  it('is what is wrong with it, however it is damaged', () => {
    fc.assert(
      fc.property(mutations(makeOvmf(ABLE)), (damaged) => {
        const sev = offer(damaged);
        if (sev.problem === null) return;
        expect(renderFirmwareSev(sev)).toBe(`damaged: ${sev.problem}`);
        expect(sev.problem).toMatch(/^fw\.fd: at 0x/);
      }),
      { numRuns: 200 },
    );
  });
});
