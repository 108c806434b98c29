import type { Command } from 'commander';
import { EXIT } from './exit-code.ts';
import { print } from './output.ts';

/** Adds `cvm judge`. What it needs of the suites is loaded when it is called. */
export function addJudge(program: Command): void {
  program
    .command('judge')
    .description('judges a boot again, from its dossier and the files that it was made from')
    .argument('<dossier>', 'folder of a dossier, e.g. results/latest/dossiers/uki')
    .option('--json', 'print one JSON document')
    .action(async (dossier: string, { json = false }: { readonly json?: boolean }) => {
      const { conforms, judgeReport, renderJudge } = await import('./judge.ts');
      const report = await judgeReport(dossier);
      print(report, json, () => renderJudge(report));
      if (!conforms(report)) process.exitCode = EXIT.doesNotConform;
    });
}
