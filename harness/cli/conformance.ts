import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { imagesOf, SUITE_NAMES, suitesFor } from '../../suites/chapters.ts';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import { runSuites } from '../../suites/run-suites.ts';
import type { Setting } from '../../suites/setting.ts';
import { EnvironmentError, UsageError } from '../host/errors.ts';
import { hostFacts } from '../host/host-facts.ts';
import { missingForSnp } from '../host/snp-support.ts';
import { toolVersions } from '../host/tool-versions.ts';
import { type FirmwareBuild, firmwareBuilds } from '../images/firmware-build.ts';
import type { ReferenceImage } from '../images/reference-image.ts';
import type { Machine } from '../machine/machine.ts';
import { type AcceleratorChoice, chooseAccelerator } from '../vm/accelerator.ts';
import { assembleResult } from './assemble-result.ts';
import { checkoutCommit } from './checkout-commit.ts';
import { closeRun } from './close-run.ts';
import { chosenTools, HostSession } from './host-session.ts';
import { builtImage } from './image.ts';
import { knownDurations } from './known-durations.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { PartOfRun } from './part-of-run.ts';
import { probeMachine } from './probe-machine.ts';
import { readResult } from './result-file.ts';
import { makeResultsDirectory } from './results-directory.ts';
import { setUp } from './set-up.ts';
import { UnfinishedRun } from './unfinished-run.ts';
import { toolbox, WORKSPACE } from './workspace.ts';
import { writeCoverages } from './write-report.ts';
import { runId, writeResult } from './write-result.ts';

/**
 * Runs the suites and writes `results/<run>/`.
 *
 * @returns exit code, as {@link closeRun}
 * @throws UsageError where the flags name what is not there; EnvironmentError where this host cannot
 *   run the suites; InfraError where they did not run; Interrupted at Ctrl-C, after clean-up
 */
export async function conformance(flags: ConformanceFlags): Promise<number> {
  const suites = chosenSuites(flags);
  const baseline = flags.baseline === undefined ? undefined : await readResult(flags.baseline);
  await using session = new HostSession();
  const startedAt = new Date();
  const results = resolve(flags.results ?? WORKSPACE.results);
  const run = join(results, runId(startedAt));
  await makeResultsDirectory(results);
  const prepared = await prepare(flags, suites, run, session);
  const part = new PartOfRun(flags, prepared.setting.seconds);
  await using unfinished = await UnfinishedRun.begin(run, session);
  const outcome = await runSuites(
    WORKSPACE.suites,
    {
      suites,
      requirements: flags.requirement ?? [],
      ...(part.choose !== undefined && { choose: part.choose }),
    },
    prepared.setting,
    {
      onStep: (text) => session.step(text),
      onStage: (machine, stage) => session.stage(machine, stage),
      onBooted: ({ machine, state }) => session.done(state === 'pass' ? 'booted' : state, machine),
      onJudged: (name, findings) => {
        const bad = findings.find(({ state }) => state !== 'pass');
        session.done(bad === undefined ? `pass  ${name}` : `${bad.state}  ${name}`);
      },
    },
    session.signal,
  );
  const interrupted = session.signal.aborted;
  // Nothing was judged yet, and the folder goes.
  if (outcome.findings.length === 0) session.signal.throwIfAborted();
  const ofWhole = { ...part.record, ...(interrupted && { interrupted }) };
  const about = { flags, startedAt, run, part: ofWhole };
  const result = await assembleResult({ ...about, ...prepared, ...outcome });
  await writeResult(run, result);
  await unfinished.finish();
  await writeCoverages(run, prepared.images, prepared.firmware);
  const ended = { run, result, asked: flags, baseline, json: flags.json === true };
  return await closeRun(ended, session);
}

/**
 * Gets everything that suites stand on: firmware, images, accelerator.
 *
 * @param run directory of the run
 * @throws EnvironmentError where this host cannot run them; InfraError where a tool fails
 */
export async function prepare(
  flags: ConformanceFlags,
  suites: readonly string[],
  run: string,
  session: HostSession,
) {
  await setUp(session);
  const context = { reaper: session.reaper, signal: session.signal };
  const missing = await missingForProfile(flags);
  const tools = chosenTools(flags.tools);
  const firmware = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
  tellSurprises(firmware, session);
  const images = await builtImages(suites, session);
  session.step('accelerator');
  const accelerator = await chooseAccelerator(flags.accel, probeOf(firmware), {
    tools,
    ...context,
  });
  tellChoice(accelerator, session);
  const [versions, host, commit] = await Promise.all([
    toolVersions(tools, context),
    hostFacts(),
    checkoutCommit(),
  ]);
  const setting: Setting = {
    run,
    tools,
    accelerator: accelerator.accelerator,
    cache: WORKSPACE.cache,
    toolVersions: versions,
    stock: { images, firmware, toolbox: toolbox(), inputs: join(run, 'inputs') },
    missingForSnp: missing,
    campaign: { flips: flags.flips, seed: flags.seed },
    jobs: flags.jobs ?? availableParallelism(),
    seconds: await knownDurations(dirname(run)),
  };
  return { setting, accelerator, firmware, images: Object.values(images), host, commit };
}

/** The images that suites stand on, built where they are not there. */
async function builtImages(suites: readonly string[], session: HostSession) {
  const images: Record<string, ReferenceImage> = {};
  for (const name of imagesOf(suites)) {
    images[name] = await builtImage(name, session);
  }
  return images;
}

function probeOf(firmware: readonly FirmwareBuild[]): Machine {
  const machine = probeMachine(firmware);
  if (machine !== undefined) return machine;
  throw new TypeError('the manifest has no firmware with Secure Boot');
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

/**
 * The suites that answer what is asked for.
 *
 * @throws UsageError where there is no such suite or requirement, or none that is both
 */
function chosenSuites({ suite = [], requirement = [] }: ConformanceFlags): readonly string[] {
  const ids = REQUIREMENTS.map(({ id }) => id);
  requireKnown('requirement', requirement, ids);
  requireKnown('suite', suite, SUITE_NAMES);
  const suites = suitesFor(suite, requirement);
  if (suites.length > 0) return suites;
  throw new UsageError(`suite ${suite.join(', ')} has no requirement ${requirement.join(', ')}`);
}

function requireKnown(what: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`no ${what} ${unknown}; there are: ${known.join(', ')}`);
}
