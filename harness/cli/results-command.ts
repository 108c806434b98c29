import { join } from 'node:path';
import type { Command } from 'commander';
import { Interrupt } from '../host/interrupt.ts';
import { EXIT } from './exit-code.ts';
import { print } from './output.ts';

/** Adds `cvm results`. What a command needs is loaded when it is called. */
export function addResults(program: Command): void {
  const results = program.command('results').description('runs that were made');
  addDiff(results);
  addReport(results);
  addFileIssues(results);
  addMerge(results);
}

type MergeFlags = { readonly results?: string; readonly json?: boolean };

function addMerge(results: Command): void {
  results
    .command('merge')
    .description('joins the shards of a run into one, with all their evidence')
    .argument('<run...>', 'folders of all parts, as conformance --shard has written them')
    .option('--results <dir>', 'where the joined run is written, instead of results/')
    .option('--json', 'print one JSON document: the result')
    .action(async (runs: readonly string[], { results: to, json = false }: MergeFlags) => {
      const { mergeResults } = await import('./merge-results.ts');
      const { renderResult } = await import('../report/terminal.ts');
      const { exitCodeOfRun } = await import('./exit-code-of-run.ts');
      const { WORKSPACE } = await import('./workspace.ts');
      const result = await mergeResults(runs, to ?? WORKSPACE.results);
      print(result, json, () => renderResult(result, { colours: process.stdout.isTTY }));
      process.exitCode = exitCodeOfRun(
        result.requirements,
        result.run.quick === true ? { quick: true } : {},
      );
    });
}

function addDiff(results: Command): void {
  results
    .command('diff')
    .description(
      'what changed between two runs; exit code 1 where a requirement regressed or is gone',
    )
    .argument('<a>', 'the earlier run: its folder, its result.json, or a baseline')
    .argument('<b>', 'the later run')
    .option('--json', 'print one JSON document')
    .addHelpText('after', DIFF)
    .action(async (a: string, b: string, { json = false }: { readonly json?: boolean }) => {
      const { diffReport } = await import('./results-diff.ts');
      const { renderDiff } = await import('./results-diff-text.ts');
      const diff = await diffReport(a, b);
      print(diff, json, () => renderDiff(diff));
      if (diff.regressed.length + diff.removed.length > 0) process.exitCode = EXIT.doesNotConform;
    });
}

function addReport(results: Command): void {
  results
    .command('report')
    .description(
      'writes report.html and the other forms of a run again, from its result and evidence',
    )
    .argument('<dir>', 'folder of a run, e.g. results/latest')
    .option('--json', 'print one JSON document')
    .action(async (run: string, { json = false }: { readonly json?: boolean }) => {
      const { readResult } = await import('./result-file.ts');
      const { REPORT_FILE, writeReport } = await import('./write-report.ts');
      const { writeForms } = await import('./write-result.ts');
      const result = await readResult(run);
      await writeForms(run, result);
      const problems = await writeReport(run, result);
      for (const line of problems) process.stderr.write(`cvm: ${line}\n`);
      const report = join(run, REPORT_FILE);
      print({ report, problems }, json, () => report);
      if (problems.length > 0) process.exitCode = EXIT.doesNotConform;
    });
}

const DIFF = `
What is missing is never a pass: a requirement that passed and was not looked at since has regressed.
Events are compared where the dossiers of both runs are there.`;

type FilingFlags = {
  readonly repo?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

function addFileIssues(results: Command): void {
  results
    .command('file-issues')
    .description('tells a repository on GitHub of a run: one issue for each way in which it failed')
    .argument('<run>', 'folder of a run, e.g. results/latest, or its result.json')
    .option('--repo <owner/name>', 'the repository; GITHUB_REPOSITORY, if not given')
    .option('--dry-run', 'print what would be done, and do nothing')
    .option('--json', 'print one JSON document')
    .addHelpText('after', FILING)
    .action(async (run: string, { repo, dryRun = false, json = false }: FilingFlags) => {
      const { fileIssues, renderFiling } = await import('./file-issues.ts');
      using interrupt = new Interrupt();
      // What waits for GitHub's limits cannot be called off; what is half done is found by the next run.
      interrupt.signal.addEventListener('abort', () => process.exit(EXIT.interrupted));
      const report = await fileIssues({
        run,
        repository: repo,
        dryRun,
        environment: process.env,
        signal: interrupt.signal,
        say: (line) => process.stderr.write(`cvm: ${line}\n`),
      });
      print(report, json, () => renderFiling(report));
    });
}

const FILING = `
An issue is opened for what failed and has none, brought up to date while it fails, closed after
three nights without it, and opened again when it comes back. More than ten new ones at once are
one issue; what the harness or its host failed at is one of its own. The token is GITHUB_TOKEN;
its only permission is "Issues: read and write".`;
