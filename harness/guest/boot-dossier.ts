import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOSSIER_FILES } from '../evidence/dossier.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import type { Machine } from '../machine/machine.ts';
import type { StageName } from '../vm/boot-stages.ts';
import { filesToPredict, withAbsolutePaths } from '../vm/machine-files.ts';
import { type LaunchContext, launch } from '../vm/qemu.ts';
import { type BootEnd, bootEnd } from './boot-end.ts';
import { collectEvidence } from './collect-evidence.ts';
import { writeDossierIndex } from './dossier-folder.ts';
import { GuestSsh } from './guest-ssh.ts';
import type { GuestAccess } from './ssh-connection.ts';

/** What a boot is made with, besides its machine. */
export type BootContext = Omit<LaunchContext, 'logs'> & {
  /** Versions of the tools, for the dossier. */
  readonly toolVersions: Readonly<Record<string, string>>;
  /** What the forecast took from QEMU and firmware, to be kept with the boot. */
  readonly platform?: Uint8Array;
};

/** Stages that the reference images tell of on their console. */
export const ANNOUNCED_STAGES: readonly StageName[] = ['initrd', 'root', 'ssh'];

/** How a guest is asked: who logs in, and how it is seen that somebody can; or that nobody asks it. */
export type GuestQuestions = {
  /** Absent where nobody can log in: then the TPM and the console are all that tells. */
  readonly access?: GuestAccess | undefined;
  /** How the end of the boot is seen; absent where the console announces `ssh`. */
  readonly end?: BootEnd;
};

/**
 * Boots a machine, collects what it measured, and switches it off. A dossier that was there is taken
 * away first: what this boot did not leave must not be in its dossier.
 *
 * @param questions what the guest is asked
 * @param directory the dossier's folder; made where it is not there
 * @throws BootFailure where the boot is refused; StageTimeout where a stage takes too long;
 *   InfraError where QEMU, swtpm or SSH broke; the reason of `context.signal` where that aborts
 */
export async function bootDossier(
  machine: Machine,
  questions: GuestQuestions,
  directory: string,
  context: BootContext,
): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (context.platform) await writeFile(join(directory, DOSSIER_FILES.platform), context.platform);
  const startedAt = new Date().toISOString();
  const absolute = withAbsolutePaths(machine);
  const inputs = digestInputs(absolute);
  inputs.catch(() => undefined);
  const seen = await bootAndAsk(absolute, questions, directory, context);
  await writeDossierIndex(directory, {
    machine: absolute,
    accelerator: context.accelerator,
    startedAt,
    ...seen,
    inputs: await inputs,
    tools: { ...context.toolVersions },
  });
}

async function bootAndAsk(
  machine: Machine,
  { access, end }: GuestQuestions,
  directory: string,
  context: BootContext,
) {
  await using vm = await launch(machine, { ...context, logs: directory });
  if (end === undefined) await vm.reach('ssh');
  else await bootEnd(vm, end);
  if (access !== undefined) {
    await vm.during(async (signal) => {
      await using ssh = await GuestSsh.connect(vm.sshPort, access, signal);
      await collectEvidence(ssh, directory, signal);
    });
  }
  vm.stages.complete();
  const answeredAtMs = access === undefined ? null : (vm.stages.completedAtMs ?? null);
  return { stages: [...vm.stages.entries], answeredAtMs };
}

/** The image is hashed while it boots. */
async function digestInputs(machine: Machine) {
  const paths = filesToPredict(machine);
  return Promise.all(paths.map(async (path) => ({ path, sha256: await sha256OfFile(path) })));
}
