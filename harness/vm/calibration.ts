import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../host/atomic-file.ts';
import type { Accelerator } from './qemu-arguments.ts';

/**
 * Seconds from power-on to the firmware's first output on the machine that the deadlines of the
 * boot stages were made for: 2 cores without hardware virtualisation.
 */
export const NOMINAL_FIRMWARE_SECONDS = 3.5;

/** Until something was measured, this host counts as slow. */
const UNMEASURED_FACTOR = 3;

/** One measurement says little on a busy machine: the slowest of the last few counts. */
const KEPT = 5;

const Measurements = z.array(z.number().positive().finite()).max(KEPT);

/**
 * By how much deadlines are to be stretched (or shortened, down to a half) on this host.
 *
 * @param directory where measurements are kept between runs
 */
export async function readFactor(directory: string, accelerator: Accelerator): Promise<number> {
  const measured = await readMeasurements(directory, accelerator);
  if (measured.length === 0) return UNMEASURED_FACTOR;
  return Math.max(0.5, Math.max(...measured) / NOMINAL_FIRMWARE_SECONDS);
}

/**
 * Keeps a measurement for the boots to come.
 *
 * @param firmwareSeconds from power-on to the firmware's first output
 */
export async function recordFirmwareTime(
  directory: string,
  accelerator: Accelerator,
  firmwareSeconds: number,
): Promise<void> {
  const measured = [...(await readMeasurements(directory, accelerator)), firmwareSeconds];
  const kept = JSON.stringify(measured.slice(-KEPT));
  await writeFileAtomically(fileOf(directory, accelerator), kept);
}

/** A file that is not there, or is not ours, is no measurement. */
async function readMeasurements(
  directory: string,
  accelerator: Accelerator,
): Promise<readonly number[]> {
  try {
    const text = await readFile(fileOf(directory, accelerator), 'utf8');
    return Measurements.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

function fileOf(directory: string, accelerator: Accelerator): string {
  return join(directory, `calibration-${accelerator}.json`);
}
