import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { kernelHashesMachines } from '../../suites/kernel-hashes/guest-machines.ts';
import type { KernelHashesParts } from '../../suites/kernel-hashes/inputs.ts';
import { snpMachine } from '../../suites/launch-measurement/snp-machine.ts';
import { measuredBootMachines } from '../../suites/measured-boot/make-machines.ts';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import { runSuites } from '../../suites/run-suites.ts';
import type { Setting } from '../../suites/setting.ts';
import { EnvironmentError, UsageError } from '../host/errors.ts';
import { hostFacts } from '../host/host-facts.ts';
import { missingForSnp } from '../host/snp-support.ts';
import { toolVersions } from '../host/tool-versions.ts';
import { type FirmwareBuild, firmwareBuilds } from '../images/firmware-build.ts';
import type { DirectImage, DiskImage } from '../images/reference-image.ts';
import { ImageVariants } from '../images/variants.ts';
import { renderResult } from '../report/terminal.ts';
import { type AcceleratorChoice, chooseAccelerator } from '../vm/accelerator.ts';
import { assembleResult } from './assemble-result.ts';
import { exitCodeOfRun } from './exit-code-of-run.ts';
import { chosenTools, HostSession } from './host-session.ts';
import { builtDirect, builtDisk } from './image.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { print } from './output.ts';
import { WORKSPACE } from './workspace.ts';
import { linkLatest, runId, writeResult } from './write-result.ts';

/** The images that the suites boot: a disk with a UKI, and a kernel with its initrd. */
const IMAGE = 'uki-verity';
const DIRECT_IMAGE = 'initrd-only';

/**
 * Runs the suites and writes `results/<run>/`.
 *
 * @returns exit code, as {@link exitCodeOfRun}
 * @throws UsageError where the flags name what is not there; EnvironmentError where this host cannot
 *   run the suites; InfraError where they did not run; Interrupted at Ctrl-C, after clean-up
 */
export async function conformance(flags: ConformanceFlags): Promise<number> {
  checkRequirements(flags.requirement ?? []);
  await checkSuites(flags.suite ?? []);
  await using session = new HostSession();
  const startedAt = new Date();
  const results = resolve(flags.results ?? WORKSPACE.results);
  const run = join(results, runId(startedAt));
  const prepared = await prepare(flags, run, session);
  await mkdir(run, { recursive: true });
  const outcome = await runSuites(
    WORKSPACE.suites,
    { suites: flags.suite ?? [], requirements: flags.requirement ?? [] },
    prepared.setting,
    {
      onStage: (machine, stage) => session.stage(machine, stage),
      onBooted: ({ machine, state }) => session.done(state === 'pass' ? 'booted' : state, machine),
      onJudged: (name, findings) => {
        const bad = findings.find(({ state }) => state !== 'pass');
        session.done(bad === undefined ? `pass  ${name}` : `${bad.state}  ${name}`);
      },
    },
    session.signal,
  );
  const result = await assembleResult({ flags, startedAt, run, ...prepared, ...outcome });
  await writeResult(run, result);
  await linkLatest(results, run);
  session.signal.throwIfAborted();
  await session.close();
  const colours = process.stdout.isTTY;
  print(result, flags.json === true, () => renderResult(result, { colours }));
  return exitCodeOfRun(result.requirements, flags);
}

/** Everything that the suites stand on: accelerator, firmware, image, the machines' files. */
async function prepare(flags: ConformanceFlags, run: string, session: HostSession) {
  const { reaper, signal } = session;
  const context = { reaper, signal };
  const missing = await missingForProfile(flags);
  const tools = chosenTools(flags.tools);
  const firmware = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
  const amdSev = firmware.find(({ variant }) => variant === 'amd-sev');
  if (amdSev === undefined) throw new TypeError('the manifest has no AmdSev firmware');
  tellSurprises(firmware, session);
  const image = await builtDisk(IMAGE, session);
  session.step('variants of the image and variable stores');
  const variants = new ImageVariants(image, chosenTools('toolbox'), context);
  const direct = await builtDirect(DIRECT_IMAGE, session);
  const parts = { variants, direct, firmware, inputs: join(run, 'inputs') };
  const machines = {
    ...(await measuredBootMachines(parts)),
    ...(await kernelHashesMachines(direct, amdSev, parts.inputs)),
  };
  const [first] = Object.values(machines);
  if (first === undefined) throw new TypeError('the suites have no machines');
  session.step('accelerator');
  const accelerator = await chooseAccelerator(flags.accel, first.machine, { tools, ...context });
  tellChoice(accelerator, session);
  const [versions, host] = await Promise.all([toolVersions(tools, context), hostFacts()]);
  const setting: Setting = {
    run,
    tools,
    accelerator: accelerator.accelerator,
    cache: WORKSPACE.cache,
    toolVersions: versions,
    machines,
    kernelHashes: kernelHashesParts(amdSev, image, direct),
    snp: { guest: await snpMachine(direct, amdSev), missing },
  };
  return { setting, accelerator, firmware, images: [image, direct], host };
}

/**
 * What the host lacks for SNP guests; a profile that asks for them cannot do without.
 *
 * @throws EnvironmentError
 */
async function missingForProfile({ profile }: ConformanceFlags): Promise<readonly string[]> {
  const missing = await missingForSnp();
  if (profile !== 'sev-snp') {
    return missing.length > 0 ? missing : ['no profile sev-snp that was asked for'];
  }
  if (missing.length === 0) return [];
  throw new EnvironmentError({
    missing: `this host starts no SEV-SNP guests: ${missing.join(', ')}`,
    remedy: 'run profile emulated, or an AMD EPYC 7003 or newer with SEV-SNP and Linux 6.11',
  });
}

/** What the suite of kernel hashes boots: programs of the toolbox, and the images' own kernels. */
function kernelHashesParts(
  firmware: FirmwareBuild,
  image: DiskImage,
  direct: DirectImage,
): KernelHashesParts {
  const tools = chosenTools('toolbox');
  if (tools.kind !== 'toolbox') throw new TypeError('no toolbox');
  const programs = join(tools.root, 'usr/lib/systemd/boot/efi');
  return {
    firmware: firmware.code.path,
    program: join(programs, 'systemd-bootx64.efi'),
    other: join(programs, 'linuxx64.efi.stub'),
    linux: direct.kernel,
    uki: image.uki,
  };
}

function tellChoice({ reason, probeSeconds }: AcceleratorChoice, session: HostSession): void {
  const probe = probeSeconds > 0 ? ` (probed for ${probeSeconds.toFixed(1)} s)` : '';
  session.done(`${reason}${probe}`);
}

/** A firmware build that is not the manifest's is used, but never silently. */
function tellSurprises(firmware: readonly FirmwareBuild[], session: HostSession): void {
  for (const { code, vars } of firmware) {
    for (const file of [code, vars]) {
      if (file === null || file.sha256 === file.expectedSha256) continue;
      session.done(`firmware ${file.file} is not the build of the manifest: ${file.sha256}`);
    }
  }
}

function checkRequirements(ids: readonly string[]): void {
  const unknown = ids.find((id) => !REQUIREMENTS.some((requirement) => requirement.id === id));
  if (unknown === undefined) return;
  const known = REQUIREMENTS.map(({ id }) => id).join(', ');
  throw new UsageError(`no requirement ${unknown}; there are: ${known}`);
}

async function checkSuites(names: readonly string[]): Promise<void> {
  const entries = await readdir(WORKSPACE.suites, { withFileTypes: true });
  const known = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const suites = known
    .filter((name) => REQUIREMENTS.some(({ chapter }) => chapter === name))
    .toSorted();
  const unknown = names.find((name) => !suites.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`no suite ${unknown}; there are: ${suites.join(', ')}`);
}
