import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { winCertificate } from '../../formats/efi-program.ts';
import { readPe } from '../../formats/pe.ts';
import { makePe } from '../../formats/testing/make-pe.ts';
import { makeCertificate, makeKey, makeSignature } from '../../formats/testing/make-signature.ts';
import { signaturesForShim } from './shim-signatures.ts';

const key = makeKey();
const certificate = makeCertificate({ subject: 'signer', key });
const imageDigest = '00'.repeat(32);
const signature = makeSignature({
  imageDigest,
  signers: [{ certificate, key }],
  certificates: [certificate],
});

function read(...certificates: readonly Uint8Array[]) {
  const source = bytesSource('image', makePe({ certificates }));
  return signaturesForShim(source, readPe(source));
}

describe('the signatures that shim looks at', () => {
  it('are those of one type, over SHA-256 whatever they say', () => {
    const { isSigned, signatures, tableProblem } = read(
      winCertificate(Uint8Array.of(1), 1),
      winCertificate(signature),
      winCertificate(Uint8Array.of(1, 2, 3)),
    );
    expect([isSigned, tableProblem]).toEqual([true, undefined]);
    expect(signatures.map(({ hash, content }) => [hash, content?.imageDigest])).toEqual([
      ['sha256', imageDigest],
      ['sha256', undefined],
    ]);
  });

  it('need no padding behind the last one', () => {
    const padded = winCertificate(signature);
    const size = 8 + signature.length;
    const { signatures, tableProblem } = read(padded.subarray(0, size));
    expect([signatures.length, tableProblem]).toEqual([1, undefined]);
  });

  it('end at an entry that is too short to be one', () => {
    const { signatures, tableProblem } = read(
      winCertificate(signature),
      winCertificate(new Uint8Array()),
    );
    expect(signatures).toHaveLength(1);
    expect(tableProblem).toContain('expected a WIN_CERTIFICATE of 8 to 8 bytes');
  });

  it('are none where there is no table', () => {
    const source = bytesSource('image', makePe());
    expect(signaturesForShim(source, readPe(source)).isSigned).toBe(false);
  });
});
