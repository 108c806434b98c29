import { describe, expect, it } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { fetchReport } from './attestation-report.ts';

const NONCE = new Uint8Array(64).fill(0xfb);
const signal = new AbortController().signal;

function guest(exitCode: number, stdout: string, stderr = '') {
  const commands: string[] = [];
  const run = async (command: string) => {
    commands.push(command);
    return { exitCode, stdout: Buffer.from(stdout), stderr };
  };
  return { commands, run };
}

describe('a report from the guest', () => {
  it('is what its kernel gives for the data', async () => {
    const shell = guest(0, 'a report');
    expect(Buffer.from(await fetchReport(shell, NONCE, signal)).toString()).toBe('a report');
    const [command = ''] = shell.commands;
    expect(command).toContain(`printf %s ${'+/v7'.repeat(21)}+w== | base64 -d`);
    expect(command.indexOf('inblob')).toBeLessThan(command.indexOf('outblob'));
  });

  it('is not there in a guest that is none of SNP', async () => {
    const shell = guest(1, '', 'mktemp: failed to create directory\n');
    const error = await fetchReport(shell, NONCE, signal).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InfraError);
    expect(error).toMatchObject({ exitCode: 1, lastLines: ['mktemp: failed to create directory'] });
  });

  it('takes 64 bytes of data', async () => {
    await expect(fetchReport(guest(0, ''), NONCE.subarray(1), signal)).rejects.toThrow(TypeError);
  });
});
