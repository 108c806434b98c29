import { describe, expect, it } from 'vitest';
import { formatGuid, guidBytes } from './guid.ts';
import { toHex } from './hex.ts';

describe('EFI GUIDs', () => {
  // UEFI 2.11, 3.3: EFI_GLOBAL_VARIABLE.
  const text = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
  const stored = '61dfe48bca93d211aa0d00e098032b8c';

  it('are stored with three little-endian fields', () => {
    expect(toHex(guidBytes(text))).toBe(stored);
  });

  it('are read back as they are written', () => {
    expect(formatGuid(guidBytes(text))).toBe(text);
  });

  it('of another length are a mistake of the caller', () => {
    expect(() => guidBytes('8be4df61')).toThrow(TypeError);
  });
});
