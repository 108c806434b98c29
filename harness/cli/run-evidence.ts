import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { predictionOf } from '../../suites/setting.ts';
import { FormatError, printable } from '../bytes/format-error.ts';
import { readJsonSource } from '../bytes/json-text.ts';
import { DOSSIER_FILES } from '../evidence/dossier.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { readPredictedPcrs } from '../predict/prediction-json.ts';
import { evidenceFolder } from '../report/evidence-folder.ts';
import type { BootEvidence, ImageCoverage, PageInput } from '../report/page/page-input.ts';
import { comparePcrs, type PcrComparison } from '../report/page/pcr-comparison.ts';
import type { Result } from '../report/result.ts';
import { namedEvidence } from './missing-evidence.ts';
import { readDossierEvidence } from './pcr-evidence-path.ts';

/** Folder of a run with what protects each image. */
export const COVERAGE_FOLDER = 'coverage';

/** Of a console the last lines are shown, and not more bytes of them. */
const CONSOLE_LINES = 20;
const CONSOLE_BYTES = 16 << 10;

/** Larger than the map of a disk with thousands of files. */
const LARGEST_COVERAGE = 64 << 20;

const Coverage = z.object({
  regions: z.array(
    z.object({
      start: z.int().min(0),
      end: z.int().min(0),
      what: z.string().transform(printable),
      file: z.string().transform(printable).optional(),
      mayBeUsed: z.literal(true).optional(),
      detectedBy: z.array(z.string()),
    }),
  ),
  unprotectedBytes: z.int().min(0),
  isSecureBoot: z.boolean(),
});

type Boot = Result['boots'][number];

/**
 * What the page of a run shows of its evidence. What is missing or was changed since is said in the place where
 * it would be shown.
 *
 * @param run directory of the run
 */
export async function readRunEvidence(run: string, result: Result): Promise<PageInput> {
  const boots = new Map<string, BootEvidence>();
  for (const boot of result.boots) boots.set(boot.name, await readBootEvidence(run, boot));
  return {
    result,
    boots,
    consoles: await readConsoles(run, result),
    missing: new Set(namedEvidence(run, result).missing),
    coverages: await readCoverages(run),
  };
}

/** Of the boots, and of what did not hold. */
async function readConsoles(run: string, result: Result) {
  const telling = result.requirements
    .flatMap(({ findings }) => findings)
    .filter(({ state }) => state !== 'pass')
    .flatMap((finding) => evidenceFolder(finding, result) ?? []);
  const consoles = new Map<string, readonly string[]>();
  for (const folder of new Set([...result.boots.map(({ dossier }) => dossier), ...telling])) {
    consoles.set(folder, await readConsoleEnd(join(run, folder)));
  }
  return consoles;
}

async function readBootEvidence(run: string, boot: Boot): Promise<BootEvidence> {
  // One that did not come up leaves its console and no dossier.
  if (boot.state === 'fail' || boot.state === 'error') return { pcrs: [] };
  try {
    return { pcrs: await readPcrs(run, boot) };
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UsageError)) throw error;
    return { pcrs: [], problem: `The evidence is not whole: ${printable(error.message)}` };
  }
}

async function readPcrs(run: string, { name, dossier }: Boot): Promise<readonly PcrComparison[]> {
  const observed = await readDossierEvidence(join(run, dossier));
  using prediction = await openSource(join(run, predictionOf(name)));
  return comparePcrs(readPredictedPcrs(prediction), observed);
}

async function readConsoleEnd(directory: string): Promise<readonly string[]> {
  const file = join(directory, DOSSIER_FILES.console);
  if (!existsSync(file)) return [];
  using source = await openSource(file);
  const start = Math.max(0, source.size - CONSOLE_BYTES);
  const text = Buffer.from(source.read(start, source.size - start)).toString('utf8');
  const said = text.trimEnd();
  return said === '' ? [] : said.split('\n').slice(-CONSOLE_LINES).map(printable);
}

async function readCoverages(run: string): Promise<readonly ImageCoverage[]> {
  const folder = join(run, COVERAGE_FOLDER);
  const files = await readdir(folder).catch(() => []);
  const coverages: ImageCoverage[] = [];
  for (const file of files.filter((name) => name.endsWith('.json')).toSorted()) {
    using source = await openSource(join(folder, file));
    const coverage = readJsonSource(source, 'what protects an image', LARGEST_COVERAGE, Coverage);
    coverages.push({ image: basename(file, '.json'), ...coverage });
  }
  return coverages;
}
