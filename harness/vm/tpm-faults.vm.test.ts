import { mkdirSync, readdirSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { EnvironmentError, InfraError } from '../host/errors.ts';
import { livingGroup } from '../host/process-table.ts';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from './bench-for-tests.ts';
import { FirmwareState } from './firmware-state.ts';
import { launch } from './qemu.ts';
import type { RunningVm } from './running-vm.ts';
import { ServedTpm } from './served-tpm.ts';

const title = needsToolbox('a TPM that fails');

/** Within which every fault must be told of: most of it is the time that a stopped swtpm is given. */
const TOLD_MS = 30_000;

/** swtpm itself, whatever it is wrapped in. */
function signalSwtpm(vm: RunningVm, signal: NodeJS.Signals): void {
  for (const { pid } of livingGroup(vm.tpm.child.pid)) process.kill(pid, signal);
}

/** What a fault comes to. */
async function faultOf(doing: Promise<unknown>): Promise<InfraError | EnvironmentError> {
  const startedAt = performance.now();
  const error = await doing.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  expect(performance.now() - startedAt).toBeLessThan(TOLD_MS);
  if (error instanceof InfraError || error instanceof EnvironmentError) return error;
  throw error;
}

/** The next VM comes to the firmware's first output as if nothing had been. */
async function expectClean({ machine, context }: Bench): Promise<void> {
  await using next = await launch(machine, context);
  await next.during(() => next.console.firstOutput);
}

async function serve<T>(state: FirmwareState, bench: Bench, use: (tpm: ServedTpm) => Promise<T>) {
  await using tpm = await ServedTpm.start(state.tpm.state, state.directory, bench.context);
  return await use(tpm);
}

describe.skipIf(testToolbox === undefined)(title, { timeout: BOOT_MS }, () => {
  it.each(['before the firmware says anything', 'when the firmware has begun'] as const)(
    'by SIGKILL, %s, is named at once, and nothing is left',
    async (when) => {
      await using bench = await Bench.open();
      {
        await using vm = await launch(bench.machine, bench.context);
        if (when === 'when the firmware has begun') await vm.during(() => vm.console.firstOutput);
        signalSwtpm(vm, 'SIGKILL');
        const fault = await faultOf(vm.reach('ssh'));
        expect(fault).toMatchObject({ tool: 'swtpm' });
        expect(fault.message).toMatch(/killed by SIGKILL|exited with code 137/);
      }
      await expectClean(bench);
    },
  );

  it('by SIGSTOP is named after ten seconds, and ended all the same', async () => {
    await using bench = await Bench.open();
    {
      await using vm = await launch(bench.machine, bench.context);
      signalSwtpm(vm, 'SIGSTOP');
      const fault = await faultOf(vm.reach('ssh'));
      expect(fault.message).toContain('swtpm is stopped by a signal');
    }
    await expectClean(bench);
  });

  it('for want of disk space says so', async () => {
    await using bench = await Bench.open();
    await using small = await SmallDisk.mount(`${bench.context.cache}/small`, '100k');
    if (!small.isMounted) return;
    const fault = await small.withTemporaryFiles(() =>
      faultOf(launch(bench.machine, bench.context)),
    );
    expect(wordsOf(fault)).toMatch(/no space left/i);
    expect(readdirSync(small.path)).toEqual([]);
    await expectClean(bench);
  });

  it('for want of a directory that can be written says so, and how to get one', async () => {
    await using bench = await Bench.open();
    await using small = await SmallDisk.mount(`${bench.context.cache}/small`, '100k,ro');
    if (!small.isMounted) return;
    const fault = await small.withTemporaryFiles(() =>
      faultOf(launch(bench.machine, bench.context)),
    );
    expect(fault).toBeInstanceOf(EnvironmentError);
    expect(fault.message).toContain('set TMPDIR to a directory that can be written');
  });

  it('for its state, which cannot be written, says so', async () => {
    await using bench = await Bench.open();
    await using state = await FirmwareState.manufacture(bench.machine, bench.context);
    await using readOnly = await ReadOnly.mount(state.tpm.state);
    if (!readOnly.isMounted) return;
    const fault = await faultOf(serve(state, bench, define));
    expect(fault).toBeInstanceOf(EnvironmentError);
    expect(fault.message).toMatch(/read-only; set TMPDIR to a directory that can be written/);
  });

  it('whose dictionary attack lock-out is on says so, and forgets nothing', async () => {
    await using bench = await Bench.open();
    await using state = await FirmwareState.manufacture(bench.machine, bench.context);
    const fault = await faultOf(serve(state, bench, guessUntilLocked));
    expect(fault).toMatchObject({ tool: 'tpm2_nvread' });
    expect(wordsOf(fault)).toMatch(/lockout|0x921/i);
    expect(fault.message).toContain('tpm2_dictionarylockout --clear-lockout');
    // Neither a restart nor the right password helps, but another TPM is none the wiser.
    expect(wordsOf(await faultOf(serve(state, bench, readRight)))).toMatch(/lockout|0x921/i);
    await using other = await FirmwareState.manufacture(bench.machine, bench.context);
    await serve(other, bench, define);
    await serve(other, bench, readRight);
  });

  it('whose sessions are used up says so, and has them again after a restart', async () => {
    await using bench = await Bench.open();
    await using state = await FirmwareState.manufacture(bench.machine, bench.context);
    const fault = await faultOf(serve(state, bench, useUpSessions));
    expect(fault).toMatchObject({ tool: 'tpm2_startauthsession' });
    expect(wordsOf(fault)).toMatch(/session|0x90[35]/i);
    expect(fault.message).toContain('tpm2_flushcontext');
    await serve(state, bench, (tpm) => startSession(tpm, 0));
  });
});

const INDEX = '0x1500016';

/** Attempts that a TPM allows before it locks, and more (TPM_PT_MAX_AUTH_FAIL). */
const GUESSES = 40;

/** Sessions that a TPM can have, and more (TPM_PT_ACTIVE_SESSIONS_MAX). */
const SESSIONS = 80;

/** All that a fault says. */
function wordsOf(fault: InfraError | EnvironmentError): string {
  return `${fault.message} ${'lastLines' in fault ? fault.lastLines.join(' ') : ''}`;
}

/** A counter with a password, of which wrong ones count. */
const define = async (tpm: ServedTpm) => {
  const attributes = ['-p', 'right', '-a', 'nt=counter|authread|authwrite'];
  await tpm.run('tpm2_nvdefine', ['-C', 'o', ...attributes, INDEX]);
  await tpm.run('tpm2_nvincrement', ['-C', INDEX, '-P', 'right', INDEX]);
};

const readRight = (tpm: ServedTpm) => tpm.run('tpm2_nvread', ['-C', INDEX, '-P', 'right', INDEX]);

async function guessUntilLocked(tpm: ServedTpm): Promise<void> {
  await define(tpm);
  for (let guess = 0; guess < GUESSES; guess++) {
    await tpm.run('tpm2_nvread', ['-C', INDEX, '-P', 'wrong', INDEX]).catch((error) => {
      if (/lockout|0x921/i.test(wordsOf(error))) throw error;
    });
  }
}

const startSession = (tpm: ServedTpm, index: number) =>
  tpm.run('tpm2_startauthsession', ['-S', `session-${index}`]);

/** Every session is kept, as by programs that die before they give theirs back. */
async function useUpSessions(tpm: ServedTpm): Promise<void> {
  for (let index = 0; index < SESSIONS; index++) await startSession(tpm, index);
}

/** A directory that can be read and not written, where this user may mount. */
class ReadOnly implements AsyncDisposable {
  readonly path: string;
  readonly isMounted: boolean;

  private constructor(path: string, isMounted: boolean) {
    this.path = path;
    this.isMounted = isMounted;
  }

  static async mount(path: string): Promise<ReadOnly> {
    const bound = await execa('mount', ['--bind', path, path], { reject: false });
    if (bound.failed) return new ReadOnly(path, false);
    await execa('mount', ['-o', 'remount,bind,ro', path]);
    return new ReadOnly(path, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isMounted) await execa('umount', [this.path]);
  }
}

/** A file system of a size of its own, where this user may mount one. */
class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly isMounted: boolean;

  private constructor(path: string, isMounted: boolean) {
    this.path = path;
    this.isMounted = isMounted;
  }

  static async mount(path: string, options: string): Promise<SmallDisk> {
    mkdirSync(path);
    const mount = ['-t', 'tmpfs', '-o', `size=${options}`, 'none', path];
    const { failed } = await execa('mount', mount, { reject: false });
    return new SmallDisk(path, !failed);
  }

  /** Lets the harness make its directories there. */
  async withTemporaryFiles<T>(use: () => Promise<T>): Promise<T> {
    const usual = process.env['TMPDIR'];
    process.env['TMPDIR'] = this.path;
    try {
      return await use();
    } finally {
      if (usual === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = usual;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isMounted) await execa('umount', [this.path]);
  }
}
