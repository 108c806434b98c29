import { describe, expect, it } from 'vitest';
import { VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import { secureBootState } from './secure-boot-state.ts';

/** A variable of which only the value matters. */
function variable(guid: string, name: string, ...data: readonly number[]) {
  return { guid, name, attributes: 3, data: Uint8Array.from(data), timestamp: undefined };
}

const pk = variable(VARIABLE_GUIDS.global, 'PK', 1);
const enable = (...data: readonly number[]) =>
  variable(VARIABLE_GUIDS.secureBootEnable, 'SecureBootEnable', ...data);

describe('Secure Boot', () => {
  // edk2, AuthVariableLibInitialize().
  it.each([
    ['setup', []],
    ['setup', [enable(1)]],
    ['on', [pk]],
    ['on', [pk, enable(1)]],
    ['off', [pk, enable(0)]],
    ['off', [pk, enable(2)]],
    ['on', [pk, variable(VARIABLE_GUIDS.global, 'SecureBootEnable', 0)]],
    ['setup', [variable(VARIABLE_GUIDS.imageSecurity, 'PK', 1)]],
    ['on', [pk, variable('c076ec0c-7028-4399-a072-71ee5c448b9f', 'CustomMode', 1)]],
  ])('is %s', (state, variables) => {
    expect(secureBootState({ authenticated: true, variables }, true)).toBe(state);
  });

  it('is absent from a build without it', () => {
    expect(secureBootState({ authenticated: true, variables: [pk] }, false)).toBe('absent');
  });

  it('is absent where variables cannot be authenticated', () => {
    expect(secureBootState({ authenticated: false, variables: [pk] }, true)).toBe('absent');
  });
});
