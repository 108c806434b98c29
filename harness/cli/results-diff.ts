import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../host/errors.ts';
import { diffResults, type ResultDiff } from '../report/diff-results.ts';
import type { Result } from '../report/result.ts';
import { compareRuns, type RunsReport } from './compare-runs.ts';
import { type NamedEvidence, namedEvidence } from './missing-evidence.ts';
import { readResult } from './result-file.ts';

/** What `cvm results diff --json` prints. */
export type DiffReport = ResultDiff & {
  /** The first event that differs, of each differing PCR of each boot that both runs made. */
  readonly events: RunsReport['firstDifference'];
  /** What differs in words, and which input it comes from. */
  readonly explanations: RunsReport['explanations'];
  /** What could not be compared, a sentence each. */
  readonly unseen: readonly string[];
};

/** A result, and the folders of its dossiers by machine. */
type Side = {
  readonly path: string;
  readonly result: Result;
  readonly dossiers: ReadonlyMap<string, string>;
};

/**
 * Compares two runs: what they depended on, what became of each requirement, which events changed, how long
 * the stages took.
 *
 * @param a folder of a run, its `result.json`, or a baseline; `-` for standard input
 * @param b the later one
 * @throws UsageError where a path names no result, or a run that lacks some of its evidence; FormatError where a result is of another schema version or
 *   broken, or a dossier that it lists is not what was collected
 */
export async function diffReport(a: string, b: string): Promise<DiffReport> {
  const [before, after] = [await openSide(a), await openSide(b)];
  const diff = diffResults(before.result, after.result);
  const common = [...before.dossiers.keys()].some((machine) => after.dossiers.has(machine));
  if (!common) return { ...diff, events: [], explanations: [], unseen: [whyUnseen(before, after)] };
  const { firstDifference, explanations, onlyA, onlyB } = await compareRuns(
    { kind: 'run', ...before },
    { kind: 'run', ...after },
  );
  const unseen = [
    ...onlyA.map((machine) => `${machine} was booted in A alone`),
    ...onlyB.map((machine) => `${machine} was booted in B alone`),
  ];
  return { ...diff, events: firstDifference, explanations, unseen };
}

async function openSide(path: string): Promise<Side> {
  const result = await readResult(path);
  const isFolder = path !== '-' && (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  requireWhole(
    path,
    namedEvidence(folder, result, ({ state }) => state === 'pass'),
  );
  const isWithEvidence = path !== '-' && existsSync(join(folder, 'dossiers'));
  const booted = result.boots.filter(({ state }) => state === 'pass' || state === 'flaky');
  const dossiers = isWithEvidence
    ? booted.map(({ name, dossier }) => [name, join(folder, dossier)] as const)
    : [];
  return { path, result, dossiers: new Map(dossiers) };
}

/**
 * A baseline has no evidence beside it. In a folder that has some, a pass without its evidence is none; what
 * failed may have failed before there was any.
 *
 * @throws UsageError
 */
function requireWhole(path: string, { named, missing }: NamedEvidence): void {
  const [first] = missing;
  if (first === undefined || missing.length === named.length) return;
  throw new UsageError(
    `${path}: evidence is missing: ${first}${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}`,
  );
}

function whyUnseen(...sides: readonly Side[]): string {
  const without = sides.filter(({ dossiers }) => dossiers.size === 0).map(({ path }) => path);
  return without.length === 0
    ? 'no machine was booted in both: which PCR events changed cannot be told'
    : `there are no dossiers beside ${without.join(' and ')}: which PCR events changed cannot be told`;
}
