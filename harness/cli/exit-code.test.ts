import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { EnvironmentError, InfraError, StageTimeout, UsageError } from '../host/errors.ts';
import { Interrupted } from '../host/interrupt.ts';
import { UnbootableError } from '../predict/unbootable-error.ts';
import { BootFailure } from '../vm/boot-failure.ts';
import { parseBanks } from './bank-option.ts';
import { endOf, usageLine } from './exit-code.ts';

const FORMAT = new FormatError({ file: 'a', offset: 16, expected: 'b', found: 'c' });
const HALT = { kind: 'halted', reason: { kind: 'panicked' } } as const;

describe('exit codes', () => {
  it.each([
    [FORMAT, 2, 'a: at 0x10: expected b, found c'],
    [new UsageError('what?'), 2, 'what?'],
    [new UnbootableError('no boot file'), 2, 'no boot file'],
    [new EnvironmentError({ missing: 'no KVM', remedy: 'use TCG' }), 3, 'no KVM; use TCG'],
    [Object.assign(new Error('full'), { code: 'ENOSPC' }), 3, 'full'],
    [Object.assign(new Error('read-only'), { code: 'EROFS' }), 3, 'read-only'],
    [Object.assign(new Error('gone'), { code: 'ENOENT' }), 4, 'gone'],
    [new InfraError({ tool: 'QEMU', problem: 'died' }), 4, 'QEMU died'],
    [new StageTimeout({ stage: 'kernel', seconds: 1 }), 4, 'kernel: not done after 1.0 s'],
    [new TypeError('a\nbug'), 4, 'a\\u{a}bug'],
    ['no error', 4, 'no error'],
    [new Interrupted('SIGINT'), 130, 'interrupted by SIGINT'],
    [new SuppressedError(new Error('clean-up'), FORMAT), 2, 'a: at 0x10: expected b, found c'],
  ])('%s', (error, exitCode, line) => {
    expect(endOf(error)).toEqual({ exitCode, line });
  });

  it('is 1 for an image that does not boot', () => {
    expect(endOf(new BootFailure('kernel', HALT, [])).exitCode).toBe(1);
  });

  it('puts a usage error into one line without control characters', () => {
    expect(usageLine("error: unknown option '--\u001b[31m'\n(Did you mean --json?)\n")).toBe(
      "cvm: unknown option '--\\u{1b}[31m' (Did you mean --json?)",
    );
  });
});

describe('--banks', () => {
  it.each([
    ['sha256', ['sha256']],
    ['sha384,sha256', ['sha384', 'sha256']],
    ['sha1, sha1', ['sha1']],
  ])('%j', (text, banks) => {
    expect(parseBanks(text)).toEqual(banks);
  });

  it.each(['', 'sha256,', 'SHA256', 'md5', '__proto__', 'toString'])('refuses %j', (text) => {
    expect(() => parseBanks(text)).toThrow(UsageError);
  });
});
