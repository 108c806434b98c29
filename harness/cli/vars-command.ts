import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import { print } from './output.ts';
import { renderVars, varsReport } from './vars.ts';

/** Adds `cvm vars`. */
export function addVars(program: Command): void {
  program
    .command('vars')
    .description('the variables that a boot with a variable store would see')
    .argument('<fd>', 'OVMF_VARS*.fd, or - for standard input')
    .option('--json', 'print one JSON document')
    .action(async (fd: string, options: { readonly json?: true }) => {
      using source = await openSource(fd);
      const report = varsReport(source);
      print(report, options.json === true, () => renderVars(report));
    });
}
