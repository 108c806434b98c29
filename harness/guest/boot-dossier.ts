import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOSSIER_FILES } from '../evidence/dossier.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import type { Machine } from '../machine/machine.ts';
import type { StageName } from '../vm/boot-stages.ts';
import { filesToPredict, withAbsolutePaths } from '../vm/machine-files.ts';
import { type LaunchContext, launch } from '../vm/qemu.ts';
import { collectEvidence } from './collect-evidence.ts';
import { writeDossierIndex } from './dossier-folder.ts';
import { type GuestAccess, GuestSsh } from './guest-ssh.ts';

/** What a boot is made with, besides its machine. */
export type BootContext = Omit<LaunchContext, 'logs'> & {
  /** Versions of the tools, for the dossier. */
  readonly toolVersions: Readonly<Record<string, string>>;
  /** What the forecast took from QEMU and firmware, to be kept with the boot. */
  readonly platform?: Uint8Array;
};

/** Stages that the reference images tell of on their console. */
export const ANNOUNCED_STAGES: readonly StageName[] = ['initrd', 'root', 'ssh'];

/**
 * Boots a machine, collects what it measured, and switches it off. A dossier that was there is taken
 * away first: what this boot did not leave must not be in its dossier.
 *
 * @param directory the dossier's folder; made where it is not there
 * @throws BootFailure where the boot is refused; StageTimeout where a stage takes too long;
 *   InfraError where QEMU, swtpm or SSH broke; the reason of `context.signal` where that aborts
 */
export async function bootDossier(
  machine: Machine,
  access: GuestAccess,
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
  const seen = await bootAndAsk(absolute, access, directory, context);
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
  access: GuestAccess,
  directory: string,
  context: BootContext,
) {
  await using vm = await launch(machine, { ...context, logs: directory });
  await vm.reach('ssh');
  await vm.during(async (signal) => {
    await using ssh = await GuestSsh.connect(vm.sshPort, access, signal);
    await collectEvidence(ssh, directory, signal);
  });
  vm.stages.complete();
  return { stages: [...vm.stages.entries], answeredAtMs: vm.stages.completedAtMs ?? null };
}

/** The image is hashed while it boots. */
async function digestInputs(machine: Machine) {
  const paths = filesToPredict(machine);
  return Promise.all(paths.map(async (path) => ({ path, sha256: await sha256OfFile(path) })));
}
