import type { Command } from 'commander';
import { diskCoverage } from '../coverage/coverage.ts';
import { openSource } from '../host/file-source.ts';
import { renderCoverage } from './coverage-text.ts';
import { openOptional } from './optional-source.ts';
import { print } from './output.ts';

type Flags = { readonly firmware?: string; readonly vars?: string; readonly json?: true };

/** Adds `cvm coverage`. */
export function addCoverage(program: Command): void {
  program
    .command('coverage')
    .description('what each byte of a disk image is, and what would tell that it was changed')
    .argument('<img>', 'a raw disk image')
    .option('--firmware <fd>', 'OVMF_CODE*.fd or a whole firmware image')
    .option('--vars <fd>', 'variable store: with Secure Boot on, signatures count too')
    .option('--json', 'print one JSON document')
    .action(async (image: string, flags: Flags) => {
      using files = new DisposableStack();
      const disk = files.use(await openSource(image));
      const code = await openOptional(files, flags.firmware);
      const vars = await openOptional(files, flags.vars);
      const coverage = diskCoverage(disk, code && { code, vars });
      print(coverage, flags.json === true, () => renderCoverage(coverage));
    });
}
