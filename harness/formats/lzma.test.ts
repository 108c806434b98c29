import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor } from '../bytes/cursor.ts';
import { decodeLzma } from './lzma.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

/** Name, size and SHA-256 of the data, and what liblzma 5.8 made of it. */
const VECTORS: readonly [string, number, string, readonly string[]][] = [
  [
    'the usual properties',
    2864,
    '9820a2ebdc2e0d72b2d2f08e1c5909239d5d8c2e950018763c5e801acbec43b6',
    [
      'XQAAAQAwCwAAAAAAAAAYCAjH4iGYmgpO6yXZsYxUa16J9cWKANu7YARpSkOQeq5JJoK12sarV3ePz+6USgpdXzwG',
      'IgeInY3P7UMlccGuDypP/WNOVj+CuEOgdHeCsCTEThM5IVKo9jMCavXBOjm2xKAi4FSh0fVhmbafr6AiyufP4xSw',
      'vntmiUxlvGfiZgiG1mFuzTrh/e7rJGIHZOWdHp4vld8ObdKw7lO6FNGzl5kZNDOzgeAYFHtF7CtHpIceIljpiaB0',
      'S4QZnNPNyGImZV6v25JAO7ETq6SAk5khrXt7fAVRSZH280JUq6niIq0fFodYNhdX6oNGa7iMqPOQ/mRKNJHBxCAT',
      'bHgamQ7+C67jb5ZHw+RJiXMHjM0/TPVEyrsI4XzwKW4Ybil0B3cxhntzij2q/9riBVEzBXpY2LmoYgfsuQRmC2AL',
      'i88UNXTA/DdOBEau9JR0BHD8nhbO8c0yy+Hw7v9Yv/OAhzwHyApD4szDYFgMCUc4vr/cMrx2+Zb4m+F509X/LoZN',
      'CRSOTrHnyvXQC3s0E4RmYo7hVsrKL31Y6BLbfWFtQSFCT19cSVMM31WrEk/mf//0j1c7',
    ],
  ],
  [
    'literals by position',
    2864,
    '9820a2ebdc2e0d72b2d2f08e1c5909239d5d8c2e950018763c5e801acbec43b6',
    [
      'EgAAAQAwCwAAAAAAAAAYCElxQ5yIHctC5qgGf3Iu4yVwCZ2JRmJtXmivxBAOEeaRaqsBaXuqVDbbUnkRr3dIlR2n',
      'LOBJb2lCQE7wbRLJQNM8GMW/3VcF9DwXKlUlgXzQXRpuxGQN+Yj6wUhU2J5FxN6wRCk83fbU0rQz7yjJT+1gijWN',
      '6HcoZ0lbfVXpYXtsuDFseCLwhjAEmraBWHZPl2knUwHitCMq1sNFEFzCDhvBPDg0Yh35FKpKaSyvcBfa1KLThLwy',
      'h4LqIM6/zgGGY1rQYPaCtJDxVDU9lQKYPpoc1nN+BXXeQc4NLGlJ7EWYr2WXwbFYkWZcTrtbqRX1hDDkf5gGmcUe',
      'H238DV1PgaIEp+mqnO+jplwVyXaz5Yqs/OKQMVgJWI0pnz4SoWbH/f6qAeeE8o6DnIcFrD+pNr81K9UCDrm9Wc7r',
      'hMQkHvEOZ++8DSJWdh11ZWSUV6UlBu/53hP0PyFB7mzrDviECx5sCTIT/Yg9DVMH8bOYayjBLcKSXi/InItvR324',
      'apkWnIqFElUDII8Z1m9OVStcv2nUTy0ZL+IUymaknPenf0UoJ/s/dFLJePjmUCaicG3FcpDK+Ygdx8N4YDo/WxHf',
      'WeFlsq2yn6EQ4Nqxwg3BirycEfwU5t2Xk0u5qwYOV/2cojJ4zxs2OVm2+43TEO6KdWOslJYR1jx+/0iaagA=',
    ],
  ],
  [
    'most bits of position',
    1600,
    'e5be7a88c5d168ab8ecc9207cf35eac89d2494d00522b8d9fa768fcd9a1f7e63',
    [
      '2AAAAQBABgAAAAAAAAAAab5JAepaW6reohZ99GyWeSUbCJvG9XWTwhqvM4Ler6MUjFvrjiikLHvVCB0nDqzmp1Y1',
      'noedOa3KYqwnS2NjtZqQcpwwWGcv1XYAI9NcDnQhfDahOLxcr35X1LTchp/IyF8Eqm3/y/mN9OY41evbN4xZGLRw',
      'HG6ALWSuQJxxEXzi8ebWoL0S2Zv2ljL9QU09ACJr59auHsrNWmunV/cJA3mBg6nMbpStB9wA6cmirUlkmf8Kd/Tg',
      'VuhtAeXQOs2367tBgIpzVmdgvbdbN0of1MF8DeHIEHxeOC6SJUQML5AKz2iaSPfdt/VgfmfGX9wuY2CJ0hlKvsvp',
      'e++AqTXGoU6x2IzFiBgtuRFUbW4gyvx2eBwBpvBQKxGY9wmj73kXHlcTYjeaWb2uT/AMjstluOx8NUfC0MQ5tpK8',
      'SLlJmZSuTEdFweLjEFDwrLMdLkYSFYXWcfNG8LP8T+7y+Qa4q8oGaA+R3ZmY9Gjc1sgj0DqHF2kyQGBEPk+9hIBm',
      'MPP2ghPedcI8dKNO61CKFkfgct1tXHzAVQXm68HGbSO6uNVTUcCgwVqmgubeZFMtsjF3i06lziIAn6Od2vPxvqAs',
      'lHdYd/RwiUR5cj3pTgxRGXUq7QgXLP2BWLjAjhIpxgTc8LyOEeHn2x3qFe3Lp3ZnsyHouY/h+TuLSO0IANqyXkNR',
      'kcNwLC4zm///2fwgQA==',
    ],
  ],
  [
    'most bits of the last byte',
    900,
    'df2ec6184d2f781cd8fd9e9b3a92eaf5470ac23815ae0617e50ffdddbdab5ec3',
    [
      'uAAAAQCEAwAAAAAAAAAYCAhG88B9cOwvOF7VVDUc6h3NC3BzptHaWVuEtyF0TIOpgHhXFKVNEQxrwrmmIjkai9yw',
      'Xbf/ayXR9Ap2hFFQshF5ybtJ6NW2BiV12H2bUPbw/sCKk76RdgrtJFvssuvLle3aULIbuUXrEkiWMgI0xd41vkTl',
      'IKy6A/U532rFoA6qdjGapT6ozUiC55wpUWkGmeL96MtT/cCzAaKtyvARf8CDd5o/pY1HxPetfwJcmOdPPIPsRAh3',
      'k0DyeRXdkSIX9bMkuRJORyEARQ16WET//MkzCQ==',
    ],
  ],
  [
    'long runs',
    300000,
    '886715e4051e827f4fe215df3053af3f85ad0d352db2c829c7487af6d78efe30',
    [
      'XQAAAQDgkwQAAAAAAAAAb/3//6O3/0c+SBVyOWFRuJIo5qOGB/nu5B6C0y/FOjwBS7F+yYqKTS+jDdl/puOMIxFT',
      '4FkYxXWK4nf4tpR/DGrA3nRJZOLpXFOyBNj3RAyrXw1tRunlw3aIt5ZXrLZN4Wkdb/tLiBBsNYxPACP///LIgAA=',
    ],
  ],
];

const MAX_BYTES = 1 << 20;

function decode(bytes: Uint8Array, maxBytes = MAX_BYTES) {
  return decodeLzma(new Cursor('data.lzma', bytes), maxBytes);
}

function bytesOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.join(''), 'base64');
}

describe('LZMA data', () => {
  it.each(VECTORS)('with %s', (_, size, sha256, lines) => {
    const decoded = decode(bytesOf(lines));
    expect(decoded).toHaveLength(size);
    expect(createHash('sha256').update(decoded).digest('hex')).toBe(sha256);
  });

  const [[, size, , lines] = ['', 0, '', []]] = VECTORS;
  const compressed = bytesOf(lines);

  it('may be empty', () => {
    const empty = Buffer.concat([compressed.subarray(0, 5), Buffer.alloc(8 + 5)]);
    expect(decode(empty)).toHaveLength(0);
  });

  it('is refused where it promises too much', () => {
    expect(() => decode(compressed, size - 1)).toThrow(
      expect.objectContaining({ name: 'FormatError', offset: 5, found: `${size}` }),
    );
  });

  it('is refused where it does not say its size', () => {
    const unknown = Buffer.from(compressed).fill(0xff, 5, 13);
    expect(() => decode(unknown)).toThrow(expect.objectContaining({ offset: 5 }));
  });

  it('is refused for impossible properties', () => {
    expect(() => decode(Buffer.from(compressed).fill(225, 0, 1))).toThrow(
      expect.objectContaining({ name: 'FormatError', offset: 0 }),
    );
  });

  it('is refused where it refers to what is not there', () => {
    // Matches from the start on: a range coder full of ones.
    const bad = Buffer.concat([compressed.subarray(0, 14), Buffer.alloc(64, 0xff)]);
    expect(() => decode(bad)).toThrow(/refers at most 0 bytes back/);
  });

  it.each([0, 4, 12, 13, 17, 18, 200])('is refused when cut to %i bytes', (length) => {
    expect(() => decode(compressed.subarray(0, length))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });

  it('gives a FormatError or a result, whatever is changed', () => {
    fc.assert(
      fc.property(mutations(compressed), (bytes) => {
        const decoded = resultOrFormatError(() => decode(bytes));
        if (decoded instanceof Uint8Array) expect(decoded.length).toBeLessThanOrEqual(MAX_BYTES);
      }),
      { numRuns: 500 },
    );
  });
});
