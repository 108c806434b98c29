import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import { compareReport, differs, renderCompare } from './compare.ts';
import { EXIT } from './exit-code.ts';
import { print } from './output.ts';

/** Adds `cvm compare`. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('which PCRs two machines have in common, and where the others part')
    .argument('<a>', 'tpm2_pcrread output, an event log, or a prediction')
    .argument('<b>', 'the same of the other machine')
    .option('--json', 'print one JSON document')
    .action(async (a: string, b: string, options: { readonly json?: true }) => {
      using first = await openSource(a);
      using second = await openSource(b);
      const report = compareReport(first, second);
      print(report, options.json === true, () => renderCompare(report));
      if (differs(report)) process.exitCode = EXIT.doesNotConform;
    });
}
