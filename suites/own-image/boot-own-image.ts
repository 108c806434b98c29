import { join } from 'node:path';
import pRetry from 'p-retry';
import { loggedDevicePath } from '../../harness/formats/logged-device-path.ts';
import { type BootContext, bootDossier } from '../../harness/guest/boot-dossier.ts';
import type { BootEnd } from '../../harness/guest/boot-end.ts';
import { openDossierFolder } from '../../harness/guest/dossier-folder.ts';
import { firstError, InfraError } from '../../harness/host/errors.ts';
import type { JudgedBoot } from '../../harness/judge/judge-twins.ts';
import { observeDossier } from '../../harness/judge/observe-tpm.ts';
import { encodePlatform } from '../../harness/predict/platform-file.ts';
import { keepPrediction } from '../keep-prediction.ts';
import { platformOf } from '../platform-of.ts';
import { predictFromFiles } from '../predict-from-files.ts';
import { dossierOf } from '../setting.ts';
import type { OwnImage } from './own-image.ts';

/** What an image of somebody's own is booted with. */
export type OwnBootContext = Omit<BootContext, 'announced' | 'platform' | 'signal'> & {
  /** Directory of the run. */
  readonly run: string;
  readonly cache: string;
  /** The phases that systemd has measured when the image is up. */
  readonly phases: string;
  readonly end: BootEnd;
  readonly signal: AbortSignal;
};

/** One more attempt where QEMU or swtpm broke; SSH that does not answer is the image's doing. */
const RETRIES = 1;

/**
 * Forecasts an image, boots it once, and reads what it measured: of its own logs where somebody can log
 * in, else of the TPM's commands.
 *
 * @returns what was forecast and seen, and whether it took a second attempt
 * @throws what the forecast and {@link bootDossier} throw
 */
export async function bootOwnImage(
  { machine, access }: OwnImage,
  context: OwnBootContext,
): Promise<JudgedBoot & { readonly flaky: boolean }> {
  const { phases, end, signal } = context;
  const platform = await platformOf(machine, { ...context, learn: true });
  const prediction = await predictFromFiles(machine, platform, phases);
  await keepPrediction(context.run, machine.name, prediction);
  const directory = join(context.run, dossierOf(machine.name));
  let attempts = 0;
  await pRetry(
    () => {
      attempts += 1;
      const boot = { ...context, announced: [], platform: encodePlatform(platform), signal };
      return bootDossier(machine, { access, end }, directory, boot).catch((error: unknown) => {
        throw withAdvice(error);
      });
    },
    {
      retries: RETRIES,
      minTimeout: 0,
      shouldRetry: ({ error }) => firstError(error) instanceof InfraError,
    },
  );
  const dossier = await openDossierFolder(directory);
  const observation = observeDossier(dossier, loggedDevicePath);
  return { prediction, observation, flaky: attempts > 1 };
}

/** Of an image that nothing is known of, why SSH does not answer is for its maker to say. */
function withAdvice(error: unknown): unknown {
  const cause = firstError(error);
  if (!(cause instanceof InfraError && cause.tool === 'SSH')) return error;
  const { tool, lastLines } = cause;
  const problem =
    `${cause.problem}: the image is up, and must have sshd and its network (DHCP) up too; ` +
    'without ssh in the configuration it is judged by its TPM and its console';
  return new InfraError({ tool, problem, lastLines });
}
