import type { Command } from 'commander';
import { type CompareReport, compareEvidence, differs, renderCompare } from './compare.ts';
import { compareRuns, type RunsReport, renderRuns } from './compare-runs.ts';
import { EXIT } from './exit-code.ts';
import { onlyBoot } from './only-boot.ts';
import { print } from './output.ts';
import { openPcrEvidence } from './pcr-evidence-path.ts';

/** Adds `cvm compare`. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('which PCRs two machines have in common, where the others part, and why')
    .argument('<a>', 'tpm2_pcrread output, an event log, a prediction, a dossier or a result')
    .argument('<b>', 'the same of the other machine')
    .option('--json', 'print one JSON document')
    .action(async (a: string, b: string, { json = false }: { readonly json?: boolean }) => {
      const report = await comparePaths(a, b);
      print(report, json, () => ('boots' in report ? renderRuns(report) : renderCompare(report)));
      if (differs(report)) process.exitCode = EXIT.doesNotConform;
    });
}

/**
 * Compares what two paths tell.
 *
 * @param a a file, or the folder of a dossier or run
 * @param b another one
 * @throws UsageError where a run has several boots and the other side is none; FormatError where a
 *   file is broken
 */
export async function comparePaths(a: string, b: string): Promise<CompareReport | RunsReport> {
  const [toldA, toldB] = [await openPcrEvidence(a), await openPcrEvidence(b)];
  if (toldA.kind === 'run' && toldB.kind === 'run') return compareRuns(toldA, toldB);
  return compareEvidence(await onlyBoot(toldA), await onlyBoot(toldB));
}
