import { describe, expect, it } from 'vitest';
import { der } from '../formats/testing/make-signature.ts';
import { MILAN_VCEK, makeChain } from './testing/make-report.ts';
import { readVekCertificate } from './vek-certificate.ts';

const read = (microcode: Uint8Array) =>
  readVekCertificate('vcek', makeChain({ ...MILAN_VCEK, '0308': microcode }).vek);

describe('an integer of a VEK certificate', () => {
  it('has one byte, or two for the sign', () => {
    expect(read(der(0x02, Uint8Array.of(0x7f)))?.tcb.microcode).toBe(0x7f);
    expect(read(der(0x02, Uint8Array.of(0, 0xd2)))?.tcb.microcode).toBe(0xd2);
  });

  it.each([
    ['no byte', []],
    ['three bytes', [0, 0, 1]],
    ['a sign', [0xff]],
    ['more than a byte holds', [1, 0]],
  ])('with %s is refused', (_, bytes) => {
    expect(() => read(der(0x02, Uint8Array.from(bytes)))).toThrow(/an integer of 0 to 255/);
  });
});
