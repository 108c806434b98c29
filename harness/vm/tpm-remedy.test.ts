import { describe, expect, it } from 'vitest';
import { EnvironmentError, InfraError } from '../host/errors.ts';
import { withRemedy } from './tpm-remedy.ts';

const failed = (line: string) =>
  new InfraError({ tool: 'tpm2_nvread', problem: 'exited with code 1', lastLines: [line] });
const told = (error: unknown) => withRemedy(error, '/tmp/state');

describe('what a TPM refuses', () => {
  // As tpm2-tools 5.7 says it of swtpm 0.7.1.
  it.each([
    ['ERROR: Esys_NV_Read(0x921) - tpm:warn(2.0): … in DA lockout mode', '--clear-lockout'],
    [
      'ERROR: Esys_StartAuthSession(0x905) - tpm:warn(2.0): out of session handles',
      '--saved-session',
    ],
    ['Esys Finish ErrorCode (0x00000903)', '--saved-session'],
    ['Esys Finish ErrorCode (0x00000902)', '--transient-object'],
  ])('comes with what to do about it: %s', (line, remedy) => {
    expect(told(failed(line))).toMatchObject({
      tool: 'tpm2_nvread',
      message: expect.stringContaining(remedy),
      lastLines: [line],
    });
  });

  it('for a state that is read-only lacks a directory that is not', () => {
    const error = told(
      failed('SWTPM_NVRAM_Lock_Dir: Could not open lockfile: Read-only file system'),
    );
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ message: expect.stringMatching(/\/tmp\/state.*set TMPDIR/) });
  });

  it('for another reason stays as it is', () => {
    const [other, foreign] = [failed('ERROR: Esys_NV_Read(0x98e)'), new Error('0x921')];
    expect(told(other)).toBe(other);
    expect(told(foreign)).toBe(foreign);
  });
});
