import { describe, expect, it } from 'vitest';
import { FormatError } from '../harness/bytes/format-error.ts';
import { EnvironmentError, InfraError, StageTimeout, UsageError } from '../harness/host/errors.ts';
import { Interrupted } from '../harness/host/interrupt.ts';
import { UnbootableError } from '../harness/predict/unbootable-error.ts';
import { BootFailure } from '../harness/vm/boot-failure.ts';
import { BootStageTimeout } from '../harness/vm/boot-stage-timeout.ts';
import { isVerdict } from './is-verdict.ts';

const INFRA = new InfraError({ tool: 'QEMU', problem: 'died' });
const TIMEOUT = new BootStageTimeout('kernel', 1, []);

describe('a verdict about the image', () => {
  it.each([
    new BootFailure('kernel', { kind: 'halted', reason: { kind: 'panicked' } }, []),
    new FormatError({ file: 'a', offset: 0, expected: 'b', found: 'c' }),
    new UnbootableError('no boot file'),
    TIMEOUT,
    new SuppressedError(INFRA, TIMEOUT),
  ])('is %s', (error) => {
    expect(isVerdict(error)).toBe(true);
  });

  it.each([
    INFRA,
    new StageTimeout({ stage: 'VM uki: run directory', seconds: 10 }),
    new UsageError('what?'),
    new EnvironmentError({ missing: 'no QEMU', remedy: 'run scripts/setup' }),
    new Interrupted('SIGINT'),
    new TypeError('a bug'),
    new SuppressedError(TIMEOUT, INFRA),
    'no error',
  ])('is not %s', (error) => {
    expect(isVerdict(error)).toBe(false);
  });
});
