import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { diskCoverage } from '../coverage/coverage.ts';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { openSource } from '../host/file-source.ts';
import type { FirmwareBuild } from '../images/firmware-build.ts';
import type { ReferenceImage } from '../images/reference-image.ts';
import { renderPage } from '../report/page/page.ts';
import type { Result } from '../report/result.ts';
import { COVERAGE_FOLDER, readRunEvidence } from './run-evidence.ts';

/** Name of a run's page in its folder. */
export const REPORT_FILE = 'report.html';

/**
 * Writes the page of a run, made from its result and its evidence.
 *
 * @param run directory of the run
 * @returns what is wrong with the evidence, a line each; the page says so too
 * @throws FormatError where a map of an image is none
 */
export async function writeReport(run: string, result: Result): Promise<readonly string[]> {
  const input = await readRunEvidence(run, result);
  await writeFileAtomically(join(run, REPORT_FILE), renderPage(input));
  const problems = [...input.boots].flatMap(([machine, { problem }]) =>
    problem === undefined ? [] : [`${machine}: ${problem}`],
  );
  return [
    ...problems,
    ...[...input.missing].map((path) => `${path} is missing: it is evidence of a finding`),
  ];
}

/**
 * Writes what protects each byte of the images that are disks, for the run's page.
 *
 * @param run directory of the run
 * @param firmware the first of these with Secure Boot is what they are booted with
 * @throws FormatError where a disk has no sound partition table
 */
export async function writeCoverages(
  run: string,
  images: readonly ReferenceImage[],
  firmware: readonly FirmwareBuild[],
): Promise<void> {
  const build = firmware.find(({ variant }) => variant === 'secure-boot');
  if (build === undefined) return;
  for (const image of images) {
    if (image.kind !== 'disk') continue;
    const { name, disk } = image;
    await writeCoverage(run, { name, disk, code: build.code.path, vars: undefined });
  }
}

/** A disk as it is booted: paths of it and of its firmware. */
type BootedDisk = {
  readonly name: string;
  /** A raw image. */
  readonly disk: string;
  readonly code: string;
  readonly vars: string | undefined;
};

/**
 * Writes what protects each byte of a disk, for the run's page.
 *
 * @param run directory of the run
 * @throws FormatError where the disk has no sound partition table
 */
export async function writeCoverage(run: string, booted: BootedDisk): Promise<void> {
  using files = new DisposableStack();
  const disk = files.use(await openSource(booted.disk));
  const code = files.use(await openSource(booted.code));
  const vars = booted.vars === undefined ? undefined : files.use(await openSource(booted.vars));
  const { regions, unprotectedBytes, isSecureBoot } = diskCoverage(disk, { code, vars });
  const folder = join(run, COVERAGE_FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify({ regions, unprotectedBytes, isSecureBoot })}\n`;
  await writeFileAtomically(join(folder, `${booted.name}.json`), text);
}
