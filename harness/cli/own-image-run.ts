import { join, resolve } from 'node:path';
import { OWN_REQUIREMENTS } from '../../suites/own-image/judge-own-boot.ts';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import { UsageError } from '../host/errors.ts';
import { closeRun } from './close-run.ts';
import { readConfig } from './config-file.ts';
import { prepare } from './conformance.ts';
import { HostSession } from './host-session.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { ownImageRequest } from './own-image-request.ts';
import { bootOwnRun, openOwnRun } from './own-run.ts';
import { readResult } from './result-file.ts';
import { makeResultsDirectory } from './results-directory.ts';
import { UnfinishedRun } from './unfinished-run.ts';
import { WORKSPACE } from './workspace.ts';
import { runId } from './write-result.ts';

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
  const request = await ownImageRequest(flags, config, session);
  await makeResultsDirectory(results);
  const prepared = await prepare(flags, [], run, session);
  await using unfinished = await UnfinishedRun.begin(run, session);
  const opened = await openOwnRun({ flags, config, request, prepared, run, startedAt }, session);
  const result = await bootOwnRun(opened, session);
  await unfinished.finish();
  const asked = { requirement: flags.requirement ?? OWN_REQUIREMENTS };
  const ended = { run, result, asked, baseline, json: flags.json === true };
  return await closeRun(ended, session);
}

/**
 * What stands on other machines than the image's says nothing of it, and what is not there nothing at all.
 *
 * @throws UsageError
 */
export function refuseOthers(flags: ConformanceFlags): void {
  const { suite, requirement, profile, shard, quick } = flags;
  const unknown = requirement?.find((id) => REQUIREMENTS.every((one) => one.id !== id));
  if (unknown !== undefined) throw new UsageError(`no requirement ${unknown}`);
  const given = [
    ...(suite === undefined ? [] : ['--suite']),
    ...(shard === undefined ? [] : ['--shard']),
    ...(quick === undefined ? [] : ['--quick']),
    ...(profile === 'sev-snp' ? ['--profile sev-snp'] : []),
  ];
  if (given.length === 0) return;
  throw new UsageError(`--image judges one boot of that image: ${given.join(', ')} is not for it`);
}
