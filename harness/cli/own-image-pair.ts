import { join, resolve } from 'node:path';
import { OWN_REQUIREMENTS } from '../../suites/own-image/judge-own-boot.ts';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import { UsageError } from '../host/errors.ts';
import { closePair } from './close-pair.ts';
import { readConfig } from './config-file.ts';
import { prepare } from './conformance.ts';
import { HostSession } from './host-session.ts';
import type { ConformanceFlags } from './machine-flags.ts';
import { type ImageFlags, ownImageRequest } from './own-image-request.ts';
import { refuseOthers } from './own-image-run.ts';
import { bootOwnRun, type OwnRun, openOwnRun } from './own-run.ts';
import { makeResultsDirectory } from './results-directory.ts';
import { UnfinishedRun } from './unfinished-run.ts';
import { WORKSPACE } from './workspace.ts';
import { writeReport } from './write-report.ts';
import { runId } from './write-result.ts';

/** Whether two images, or one with two builds of firmware, are to be held against each other. */
export function isPair(flags: ConformanceFlags): boolean {
  return (flags.against ?? flags.againstConfig ?? flags.againstFirmware) !== undefined;
}

/**
 * Judges two images of the user's own, or one with two builds of firmware, as a run each, and tells what differs:
 * what they were made from first. Both are looked at before either is booted.
 *
 * @returns exit code, as {@link closePair}
 * @throws UsageError where flags do not go with two images; what judging one of them throws; what was written of the first stays
 */
export async function judgePair(flags: ConformanceFlags): Promise<number> {
  refuseOthers(flags);
  if (flags.baseline !== undefined) {
    throw new UsageError(
      '--baseline is for one run; of two, the first is what the second is held against',
    );
  }
  const ids = REQUIREMENTS.map(({ id }) => id);
  const config = await readConfig(flags.config, process.cwd(), ids);
  const other =
    flags.againstConfig === undefined
      ? config
      : await readConfig(flags.againstConfig, process.cwd(), ids);
  await using session = new HostSession();
  const results = resolve(flags.results ?? WORKSPACE.results);
  await makeResultsDirectory(results);
  const id = runId(new Date());
  const runs = { a: join(results, `${id}-a`), b: join(results, `${id}-b`) };
  const sides = {
    a: { config, request: await ownImageRequest(flags, config, session) },
    b: { config: other, request: await ownImageRequest(flagsOfB(flags), other, session) },
  };
  const prepared = await prepare(flags, [], runs.a, session);
  await using unfinishedA = await UnfinishedRun.begin(runs.a, session);
  await using unfinishedB = await UnfinishedRun.begin(runs.b, session);
  const open = (label: 'a' | 'b') => {
    const run = runs[label];
    const { setting } = prepared;
    const stock = { ...setting.stock, inputs: join(run, 'inputs') };
    const ofRun = { ...prepared, setting: { ...setting, run, stock } };
    const input = { flags, ...sides[label], prepared: ofRun, run, startedAt: new Date() };
    return openOwnRun({ ...input, label: label.toUpperCase() }, session);
  };
  const [a, b] = [await open('a'), await open('b')];
  const ended = {
    a: await judged(a, unfinishedA, session),
    b: await judged(b, unfinishedB, session),
  };
  const asked = { requirement: flags.requirement ?? OWN_REQUIREMENTS };
  return await closePair({ ...ended, asked, json: flags.json === true }, session);
}

/** What is not said of B holds for both; a configuration of its own says all of it. */
function flagsOfB(flags: ConformanceFlags): ImageFlags {
  const { against: image, againstFirmware: firmware, againstConfig } = flags;
  if (againstConfig !== undefined) return { image, firmware };
  const { initrd, cmdline } = flags;
  return { image: image ?? flags.image, firmware: firmware ?? flags.firmware, initrd, cmdline };
}

async function judged(opened: OwnRun, unfinished: UnfinishedRun, session: HostSession) {
  const started = { ...opened, startedAt: new Date() };
  const result = await bootOwnRun(started, session);
  await unfinished.finish();
  await writeReport(opened.run, result);
  return { name: opened.request.name, run: opened.run, result };
}
