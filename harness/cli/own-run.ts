import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnImageTerms } from '../../suites/own-image/judge-own-boot.ts';
import { type OwnImage, ownImage } from '../../suites/own-image/own-image.ts';
import type { OwnImageContext } from '../../suites/own-image/own-image-context.ts';
import { ownImageTable } from '../../suites/own-image/own-image-table.ts';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import { FormatError, printable } from '../bytes/format-error.ts';
import { UsageError } from '../host/errors.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import type { FirmwareBuild } from '../images/firmware-build.ts';
import type { Machine } from '../machine/machine.ts';
import type { Result } from '../report/result.ts';
import { assembleResult } from './assemble-result.ts';
import type { prepare } from './conformance.ts';
import type { HostSession } from './host-session.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { judgedBootOf } from './own-image-boot.ts';
import type { NamedRequest } from './own-image-request.ts';
import type { RunConfig } from './run-config.ts';
import { toolbox } from './workspace.ts';
import { writeCoverage } from './write-report.ts';
import { writeResult } from './write-result.ts';

/** What an image is judged from, and where. */
export type OwnRunInput = {
  readonly flags: ConformanceFlags;
  readonly config: RunConfig;
  readonly request: NamedRequest;
  readonly prepared: Awaited<ReturnType<typeof prepare>>;
  /** Directory of the run. */
  readonly run: string;
  readonly startedAt: Date;
  /** What its lines of progress begin with; nothing where it is the only one. */
  readonly label?: string;
};

/** An image that can be booted, as one run. */
export type OwnRun = OwnRunInput & { readonly image: OwnImage; readonly terms: OwnImageTerms };

/**
 * Finds out what an image has and tells it.
 *
 * @throws UsageError where flags or configuration make no sense; FormatError where the image is none;
 *   UnbootableError where the firmware would boot nothing; InfraError where a tool broke
 */
export async function openOwnRun(input: OwnRunInput, session: HostSession): Promise<OwnRun> {
  const { request, prepared, run } = input;
  session.step(`what ${request.name} has`);
  const image = await ownImageOrNothing(request, run, {
    firmware: prepared.firmware,
    toolbox: toolbox(),
    inputs: join(run, 'inputs'),
    run: { reaper: session.reaper, signal: session.signal },
  });
  const opened = { ...input, image, terms: termsOf(input, image) };
  tellImage(opened, session);
  return opened;
}

/** What is refused before it is booted leaves no run. */
async function ownImageOrNothing(
  request: NamedRequest,
  run: string,
  context: OwnImageContext,
): Promise<OwnImage> {
  try {
    return await ownImage(request, context);
  } catch (error) {
    await rm(run, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Boots an image, judges it, and writes its result.
 *
 * @throws InfraError where a tool broke; Interrupted at Ctrl-C, after clean-up
 */
export async function bootOwnRun(opened: OwnRun, session: HostSession): Promise<Result> {
  const { flags, config, request, prepared, run, startedAt, image, terms, label } = opened;
  const outcome = await judgedBootOf(image, terms, { config, prepared, run, label }, session);
  const about = { flags, startedAt, run, part: {}, tables: [ownImageTable(image)] };
  const sha256 = await sha256OfFile(request.image);
  const images = [{ kind: 'own' as const, name: request.name, sha256 }];
  const firmware = prepared.firmware.filter((build) => isOf(build, image.machine));
  const result = await assembleResult({ ...prepared, ...about, ...outcome, images, firmware });
  await writeResult(run, result);
  await tellCoverage(request.name, image, run, session);
  return result;
}

function isOf({ code }: FirmwareBuild, { firmware }: Machine): boolean {
  return code.path === (firmware.kind === 'bios' ? firmware.image : firmware.code);
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

function termsOf(
  { flags: { requirement }, config, startedAt }: OwnRunInput,
  { noAccess, facts }: OwnImage,
): OwnImageTerms {
  const { waivers, requirements } = config;
  const ids = requirement ?? requirements;
  const unknown = ids?.find((id) => REQUIREMENTS.every((one) => one.id !== id));
  if (unknown !== undefined) throw new UsageError(`no requirement ${unknown}`);
  const today = startedAt.toISOString().slice(0, 10);
  return { facts, noAccess, requirements: ids, waivers, today };
}

/** What was found out, and what will not be judged for it. */
function tellImage({ image, terms, config, label }: OwnRun, session: HostSession): void {
  const { facts, noAccess } = image;
  const tell = (text: string) => session.done(text, label);
  tell(`boots by way of ${facts.path}: ${facts.programs.join(', ')}`);
  if (facts.unknown !== undefined) tell(`not forecast behind that: ${facts.unknown}`);
  for (const pair of facts.verity) tell(`dm-verity ${pair}`);
  if (facts.verity.length === 0) tell('nothing is read by way of dm-verity');
  for (const number of facts.luks) tell(`partition ${number} is encrypted (LUKS)`);
  tell(config.certificates === undefined ? 'Secure Boot is off' : 'Secure Boot is on');
  if (noAccess !== undefined) {
    tell(`judged from the TPM’s commands and the console alone, fewer requirements: ${noAccess}`);
  }
  for (const { requirement, until } of terms.waivers.filter((one) => one.until < terms.today)) {
    tell(`the waiver of ${requirement} ended on ${until} and counts no more`);
  }
}
