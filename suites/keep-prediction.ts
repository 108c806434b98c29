import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../harness/host/atomic-file.ts';
import type { Prediction } from '../harness/predict/prediction.ts';
import { predictionOf } from './setting.ts';

/**
 * Keeps what was forecast of a boot: a report shows it later, when the files that were booted may be gone.
 *
 * @param run directory of the run
 * @param name of the machine
 */
export async function keepPrediction(
  run: string,
  name: string,
  prediction: Prediction,
): Promise<void> {
  const file = join(run, predictionOf(name));
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomically(file, `${JSON.stringify(prediction)}\n`);
}
