import type { ByteSource } from '../harness/bytes/source.ts';
import { openSource } from '../harness/host/file-source.ts';
import type { Machine } from '../harness/machine/machine.ts';
import type { Platform } from '../harness/predict/platform.ts';
import { BOOTED, predict } from '../harness/predict/predict.ts';
import type { Prediction } from '../harness/predict/prediction.ts';
import { filesToPredict } from '../harness/vm/machine-files.ts';

/**
 * Forecasts what a machine measures until its guest answers SSH: the reference images start it behind
 * the last of systemd's phases.
 *
 * @param platform what stands in none of its files
 * @param phases those that systemd has measured by then
 * @throws UsageError where a file is not there; FormatError where one is damaged; UnbootableError
 *   where the firmware would boot nothing
 */
export async function predictFromFiles(
  machine: Machine,
  platform: Platform,
  phases = BOOTED,
): Promise<Prediction> {
  using files = new DisposableStack();
  const sources = new Map<string, ByteSource>();
  for (const path of filesToPredict(machine)) sources.set(path, files.use(await openSource(path)));
  const open = (path: string): ByteSource => {
    const source = sources.get(path);
    if (source === undefined) throw new TypeError(`${path} is no file of the machine`);
    return source;
  };
  return predict(machine, open, { banks: machine.tpm.banks, phases, platform });
}
