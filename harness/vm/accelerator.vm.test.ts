import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../host/errors.ts';
import { chooseAccelerator } from './accelerator.ts';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from './bench-for-tests.ts';

const title = needsToolbox('the accelerator');

describe.skipIf(testToolbox === undefined)(title, { timeout: BOOT_MS }, () => {
  it('is KVM only where a guest survives it, and the choice says why', async () => {
    await using bench = await Bench.open();
    const choice = await chooseAccelerator('auto', bench.machine, bench.context);
    expect(choice.probeSeconds).toBeLessThan(15);
    if (choice.accelerator === 'kvm') {
      expect(choice.reason).toBe('a probe guest ran its firmware under KVM');
    } else {
      expect(choice.reason).toMatch(/^TCG is used as KVM does not work: .*\/dev\/kvm/);
      const asked = chooseAccelerator('kvm', bench.machine, bench.context);
      await expect(asked).rejects.toBeInstanceOf(EnvironmentError);
    }
  });

  it('is TCG at once where that is asked for', async () => {
    await using bench = await Bench.open();
    const choice = await chooseAccelerator('tcg', bench.machine, bench.context);
    expect(choice).toEqual({ accelerator: 'tcg', reason: 'TCG was asked for', probeSeconds: 0 });
  });
});
