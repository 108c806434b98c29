import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { collectEvidence } from './collect-evidence.ts';
import type { GuestCommandResult } from './command-output.ts';
import type { GuestSsh } from './guest-ssh.ts';

const { signal } = new AbortController();

let folder: string;

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
});

afterEach(() => rm(folder, { recursive: true }));

/** A guest that answers every command with its own text and a byte that is no text. */
function guest(answer: (command: string) => Partial<GuestCommandResult>): GuestSsh {
  const run = async (command: string): Promise<GuestCommandResult> => ({
    exitCode: 0,
    stdout: Buffer.concat([Buffer.from(command), Uint8Array.of(0xff)]),
    stderr: '',
    ...answer(command),
  });
  return { run } as unknown as GuestSsh;
}

describe('the evidence of a guest', () => {
  it('is kept byte for byte, a file for each question', async () => {
    await collectEvidence(
      guest(() => ({})),
      folder,
      signal,
    );
    expect((await readdir(folder)).sort()).toEqual([
      'binary_bios_measurements',
      'cmdline',
      'dmesg.txt',
      'os-release',
      'pcrread.txt',
      'tpm2-measure.log',
      'versions.txt',
    ]);
    expect(await readFile(join(folder, 'dmesg.txt'), 'latin1')).toBe('dmesg\xff');
  });

  it.each([1, null])('is none where a command ends with %s', async (exitCode) => {
    const broken = guest((command) =>
      command === 'dmesg' ? { exitCode, stderr: 'first\nnot permitted\n' } : {},
    );
    const collected = collectEvidence(broken, folder, signal);
    await expect(collected).rejects.toBeInstanceOf(InfraError);
    await expect(collected).rejects.toThrow(
      `guest command dmesg exited with code ${exitCode}; last lines: first | not permitted`,
    );
    // Nothing is written behind the error: another boot may use the folder.
    expect(await readdir(folder)).toHaveLength(6);
  });
});
