import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { NOMINAL_FIRMWARE_SECONDS, readFactor, recordFirmwareTime } from './calibration.ts';

async function inDirectory(test: (path: string) => Promise<void>): Promise<void> {
  await using reaper = Reaper.start();
  await using directory = await RunDirectory.create(reaper);
  await test(directory.path);
}

describe('calibration', () => {
  it('is generous until something was measured', () =>
    inDirectory(async (path) => {
      expect(await readFactor(path, 'tcg')).toBe(3);
      writeFileSync(`${path}/calibration-tcg.json`, '[1, "no", -7]');
      expect(await readFactor(path, 'tcg')).toBe(3);
    }));

  it('follows the slowest of the last measurements, for each accelerator', () =>
    inDirectory(async (path) => {
      await recordFirmwareTime(path, 'tcg', NOMINAL_FIRMWARE_SECONDS * 4);
      await recordFirmwareTime(path, 'tcg', NOMINAL_FIRMWARE_SECONDS * 2);
      expect(await readFactor(path, 'tcg')).toBe(4);
      for (let count = 0; count < 4; count += 1) {
        await recordFirmwareTime(path, 'tcg', NOMINAL_FIRMWARE_SECONDS);
      }
      expect(await readFactor(path, 'tcg')).toBe(2);
      expect(await readFactor(path, 'kvm')).toBe(3);
    }));

  it('does not shorten deadlines below a half', () =>
    inDirectory(async (path) => {
      await recordFirmwareTime(path, 'kvm', 0.1);
      expect(await readFactor(path, 'kvm')).toBe(0.5);
    }));
});
