import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from './bench-for-tests.ts';
import { BootFailure } from './boot-failure.ts';
import { FirmwareState } from './firmware-state.ts';
import { launch } from './qemu.ts';
import type { RunningVm } from './running-vm.ts';
import { ServedTpm } from './served-tpm.ts';

const title = needsToolbox('the firmware state of a machine');

/** An NV index of the owner's (TPM 2.0 Library, Part 2, 7.4). */
const INDEX = '0x1500016';

/**
 * Runs a machine until its firmware has used TPM and variables, and has nothing to boot. Where it is stopped
 * while it writes to the store, the next boot recovers that first, which takes 20 s under emulation.
 */
async function runOnce(vm: RunningVm): Promise<void> {
  await expect(vm.reach('ssh')).rejects.toBeInstanceOf(BootFailure);
}

async function serve<T>(state: FirmwareState, bench: Bench, use: (tpm: ServedTpm) => Promise<T>) {
  await using tpm = await ServedTpm.start(state.tpm.state, state.directory, bench.context);
  return await use(tpm);
}

/** Names and contents of the EK certificates. */
async function certificatesOf({ certificates }: { readonly certificates: string }) {
  const names = (await readdir(certificates)).filter((name) => name.endsWith('.crt'));
  expect(names).not.toEqual([]);
  return Promise.all(names.map(async (name) => [name, await readFile(join(certificates, name))]));
}

const ekOf = (state: FirmwareState, bench: Bench) =>
  serve(state, bench, async (tpm) => {
    await tpm.run('tpm2_createek', ['-G', 'rsa', '-u', 'ek.pub', '-c', 'ek.ctx']);
    return await readFile(state.directory.file('ek.pub'), 'hex');
  });

const define = (state: FirmwareState, bench: Bench) =>
  serve(state, bench, (tpm) => tpm.run('tpm2_nvdefine', ['-C', 'o', '-s', '8', INDEX]));

const indices = (state: FirmwareState, bench: Bench) =>
  serve(state, bench, (tpm) => tpm.run('tpm2_getcap', ['handles-nv-index']));

describe.skipIf(testToolbox === undefined)(title, { timeout: BOOT_MS }, () => {
  it('persistent: outlives its boots, as one', async () => {
    await using bench = await Bench.open();
    const { machine, context } = bench;
    await using state = await FirmwareState.manufacture(machine, context);
    const ek = await ekOf(state, bench);
    const blank = await readFile(state.directory.file('vars.fd'));
    {
      await using vm = await launch(machine, { ...context, state });
      await runOnce(vm);
    }
    expect(await ekOf(state, bench)).toBe(ek);
    expect(blank.equals(await readFile(state.directory.file('vars.fd')))).toBe(false);
    await using again = await launch(machine, { ...context, state });
    await runOnce(again);
    expect(await certificatesOf(again.tpm)).toEqual(await certificatesOf(state.tpm));
  });

  it('cloned: goes its own way, with the same EK; rolled back: forgets', async () => {
    await using bench = await Bench.open();
    await using state = await FirmwareState.manufacture(bench.machine, bench.context);
    await using earlier = await state.clone();
    await define(state, bench);
    expect(await indices(state, bench)).toContain(INDEX.slice(2));
    expect(await indices(earlier, bench)).not.toContain(INDEX.slice(2));
    expect(await ekOf(earlier, bench)).toBe(await ekOf(state, bench));
    await state.become(earlier);
    expect(await indices(state, bench)).not.toContain(INDEX.slice(2));
  });

  it('swapped during run: the VM goes on with what its swtpm has in memory', async () => {
    await using bench = await Bench.open();
    const { machine, context } = bench;
    await using state = await FirmwareState.manufacture(machine, context);
    await using other = await FirmwareState.manufacture(machine, context);
    const [ek, foreign] = [await ekOf(state, bench), await ekOf(other, bench)];
    {
      await using vm = await launch(machine, { ...context, state });
      await vm.during(async () => {
        await other.swapBeneath(vm);
        await vm.console.firstOutput;
      });
    }
    // What swtpm writes at its end, it writes of the TPM that it has served.
    expect(await ekOf(state, bench)).toBe(ek);
    expect(ek).not.toBe(foreign);
  });

  it('is left as it was by a VM that never ran', async () => {
    await using bench = await Bench.open();
    const { machine, context } = bench;
    await using state = await FirmwareState.manufacture(machine, context);
    const ek = await ekOf(state, bench);
    const signal = AbortSignal.abort(new Error('not now'));
    await expect(launch(machine, { ...context, state, signal })).rejects.toThrow('not now');
    expect(await ekOf(state, bench)).toBe(ek);
  });
});
