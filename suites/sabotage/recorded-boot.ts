import type { Dossier } from '../../harness/evidence/dossier.ts';
import { loggedDevicePath } from '../../harness/formats/logged-device-path.ts';
import { openDossierFolder } from '../../harness/guest/dossier-folder.ts';
import { type Observation, observe } from '../../harness/judge/observation.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { FILES_ALONE, type Platform } from '../../harness/predict/platform.ts';
import { readPlatform } from '../../harness/predict/platform-file.ts';
import type { Prediction } from '../../harness/predict/prediction.ts';
import { predictFromFiles } from '../predict-from-files.ts';

/** A real boot: what was booted, what was forecast for it, and what it left. */
export type RecordedBoot = {
  readonly machine: Machine;
  readonly platform: Platform;
  readonly prediction: Prediction;
  readonly dossier: Dossier;
  readonly observation: Observation;
};

/**
 * Reads a boot from what it left.
 *
 * @param directory folder of its dossier
 * @throws UsageError where it is no dossier, or a file that was booted is gone
 */
export async function recordedBoot(directory: string): Promise<RecordedBoot> {
  const dossier = await openDossierFolder(directory);
  const machine = Machine.parse(dossier.index.machine);
  const platform = dossier.has('platform') ? readPlatform(dossier.file('platform')) : FILES_ALONE;
  const prediction = await predictFromFiles(machine, platform);
  return { machine, platform, prediction, dossier, observation: observed(dossier) };
}

/** What a dossier, doctored or not, says of the boot's measurements. */
export function observed(dossier: Dossier): Observation {
  return observe(dossier, loggedDevicePath);
}
