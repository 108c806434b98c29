import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { OWN_REQUIREMENTS, type OwnImageTerms } from '../../suites/own-image/judge-own-boot.ts';
import { type ImageRequest, type OwnImage, ownImage } from '../../suites/own-image/own-image.ts';
import { ownImageTable } from '../../suites/own-image/own-image-table.ts';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import { FormatError, printable } from '../bytes/format-error.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { imageNames } from '../images/definition.ts';
import { assembleResult } from './assemble-result.ts';
import { closeRun } from './close-run.ts';
import { readConfig } from './config-file.ts';
import { prepare } from './conformance.ts';
import { HostSession } from './host-session.ts';
import { builtImage } from './image.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { judgedBootOf } from './own-image-boot.ts';
import { readResult } from './result-file.ts';
import type { RunConfig } from './run-config.ts';
import { toolbox, WORKSPACE } from './workspace.ts';
import { writeCoverage } from './write-report.ts';
import { runId, writeResult } from './write-result.ts';

/**
 * Judges an image of the user's own: finds out what it has, boots it once, and writes `results/<run>/`.
 *
 * @returns exit code, as {@link closeRun}, for the requirements that one boot answers
 * @throws UsageError where flags or configuration make no sense; FormatError where the image is none;
 *   UnbootableError where the firmware would boot nothing; EnvironmentError where this host cannot boot
 *   it; InfraError where a tool broke; Interrupted at Ctrl-C, after clean-up
 */
export async function judgeImage(flags: ConformanceFlags): Promise<number> {
  refuseOthers(flags);
  const ids = REQUIREMENTS.map(({ id }) => id);
  const config = await readConfig(flags.config, process.cwd(), ids);
  const baseline = flags.baseline === undefined ? undefined : await readResult(flags.baseline);
  await using session = new HostSession();
  const startedAt = new Date();
  const results = resolve(flags.results ?? WORKSPACE.results);
  const run = join(results, runId(startedAt));
  const request = await requestOf(flags, config, session);
  const prepared = await prepare(flags, [], run, session);
  await mkdir(run, { recursive: true });
  session.step(`what ${basename(request.image)} has`);
  const image = await ownImage(request, {
    firmware: prepared.firmware,
    toolbox: toolbox(),
    inputs: join(run, 'inputs'),
    run: { reaper: session.reaper, signal: session.signal },
  });
  const terms = termsOf(flags, config, image, startedAt);
  tellImage(image, terms, config, session);
  const outcome = await judgedBootOf(image, terms, { config, prepared, run }, session);
  const about = { flags, startedAt, run, part: {}, tables: [ownImageTable(image)] };
  const sha256 = await sha256OfFile(request.image);
  const images = [{ kind: 'own' as const, name: basename(request.image), sha256 }];
  const result = await assembleResult({ ...prepared, ...about, ...outcome, images });
  await writeResult(run, result);
  await tellCoverage(basename(request.image), image, run, session);
  const asked = { requirement: flags.requirement ?? OWN_REQUIREMENTS };
  const ended = { run, result, asked, baseline, json: flags.json === true };
  return await closeRun(ended, session);
}

/** What protects each byte of a disk, for the page; one that is laid out otherwise has none. */
async function tellCoverage(
  name: string,
  { machine: { boot, firmware } }: OwnImage,
  run: string,
  session: HostSession,
): Promise<void> {
  if (boot.kind !== 'disk' || firmware.kind !== 'pflash') return;
  try {
    await writeCoverage(run, { name, disk: boot.path, code: firmware.code, vars: firmware.vars });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    session.done(`what protects each byte is not told: ${printable(error.message)}`);
  }
}

/** What stands on other machines than the image's says nothing of it. */
function refuseOthers(flags: ConformanceFlags): void {
  const { suite, profile, shard, quick } = flags;
  const given = [
    ...(suite === undefined ? [] : ['--suite']),
    ...(shard === undefined ? [] : ['--shard']),
    ...(quick === undefined ? [] : ['--quick']),
    ...(profile === 'sev-snp' ? ['--profile sev-snp'] : []),
  ];
  if (given.length === 0) return;
  throw new UsageError(`--image judges one boot of that image: ${given.join(', ')} is not for it`);
}

async function requestOf(
  flags: ConformanceFlags,
  config: RunConfig,
  session: HostSession,
): Promise<ImageRequest> {
  const named = flags.image ?? config.image;
  if (named === undefined)
    throw new UsageError('the configuration names no image, nor does --image');
  const { ssh, boot, certificates } = config;
  const about = { boot, ...(ssh && { ssh }), ...(certificates && { certificates }) };
  const names = await imageNames(WORKSPACE.definitions);
  if (names.includes(named)) return referenceRequest(named, about, session);
  (await openSource(named))[Symbol.dispose](); // refuses what is not there before anything is prepared
  const initrd = flags.initrd ?? config.initrd;
  return {
    ...about,
    image: resolve(named),
    initrd: initrd && resolve(initrd),
    cmdline: flags.cmdline ?? config.cmdline,
  };
}

/** A reference image comes with its keys. */
async function referenceRequest(
  name: string,
  about: Pick<ImageRequest, 'boot' | 'ssh' | 'certificates'>,
  session: HostSession,
): Promise<ImageRequest> {
  const image = await builtImage(name, session);
  const { sshKey: key, sshHostKey } = image.keys;
  const ssh = about.ssh ?? { user: 'root', key, hostKey: `${sshHostKey}.pub` };
  if (image.kind === 'disk') return { ...about, ssh, image: image.disk };
  const { bootOfKernel } = await import('../images/boot-of.ts');
  const { kernel, initrd, cmdline } = await bootOfKernel(image);
  return { ...about, ssh, image: kernel, initrd, cmdline };
}

function termsOf(
  { requirement }: ConformanceFlags,
  { waivers, requirements }: RunConfig,
  { noAccess, facts }: OwnImage,
  startedAt: Date,
): OwnImageTerms {
  const ids = requirement ?? requirements;
  const unknown = ids?.find((id) => REQUIREMENTS.every((one) => one.id !== id));
  if (unknown !== undefined) throw new UsageError(`no requirement ${unknown}`);
  const today = startedAt.toISOString().slice(0, 10);
  return { facts, noAccess, requirements: ids, waivers, today };
}

/** What was found out, and what will not be judged for it. */
function tellImage(
  { facts, noAccess }: OwnImage,
  { waivers, today }: OwnImageTerms,
  { certificates }: RunConfig,
  session: HostSession,
): void {
  session.done(`boots by way of ${facts.path}: ${facts.programs.join(', ')}`);
  if (facts.unknown !== undefined) session.done(`not forecast behind that: ${facts.unknown}`);
  for (const pair of facts.verity) session.done(`dm-verity ${pair}`);
  if (facts.verity.length === 0) session.done('nothing is read by way of dm-verity');
  for (const number of facts.luks) session.done(`partition ${number} is encrypted (LUKS)`);
  session.done(certificates === undefined ? 'Secure Boot is off' : 'Secure Boot is on');
  if (noAccess !== undefined) {
    session.done(
      `judged from the TPM’s commands and the console alone, fewer requirements: ${noAccess}`,
    );
  }
  for (const { requirement, until } of waivers.filter((one) => one.until < today)) {
    session.done(`the waiver of ${requirement} ended on ${until} and counts no more`);
  }
}
