import { randomBytes } from 'node:crypto';
import { rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { badge } from '../report/badge.ts';
import { ctrfReport } from '../report/ctrf.ts';
import { junitXml } from '../report/junit.ts';
import { markdownSummary } from '../report/markdown-summary.ts';
import type { Result } from '../report/result.ts';
import { testResultStatement } from '../report/statement.ts';
import { RESULT_FILE } from './result-file.ts';

/** Name of a run's directory: when it began, and a few digits that tell runs of one second apart. */
export function runId(startedAt: Date): string {
  const time = startedAt.toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z');
  return `${time}-${randomBytes(2).toString('hex')}`;
}

/** Writes a run's result in every form. */
export async function writeResult(run: string, result: Result): Promise<void> {
  await writeFileAtomically(join(run, RESULT_FILE), json(result));
  await writeForms(run, result);
}

/** Writes a result in the forms that others read: JUnit, CTRF, Markdown, a badge, an in-toto statement. */
export async function writeForms(run: string, result: Result): Promise<void> {
  const forms = {
    'junit.xml': junitXml(result),
    'ctrf.json': json(ctrfReport(result)),
    'summary.md': markdownSummary(result),
    'badge.json': json(badge(result)),
    'statement.json': json(testResultStatement(result)),
  };
  for (const [name, text] of Object.entries(forms)) {
    await writeFileAtomically(join(run, name), text);
  }
}

function json(document: object): string {
  return `${JSON.stringify(document, null, 1)}\n`;
}

/** Points `latest` to a run, in one step. */
export async function linkLatest(results: string, run: string): Promise<void> {
  const aside = join(results, `.latest-${basename(run)}`);
  await rm(aside, { force: true });
  await symlink(basename(run), aside);
  await rename(aside, join(results, 'latest'));
}
