import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import { hashesTableReport, renderHashesTable } from './hashes-table.ts';
import { openOptional } from './optional-source.ts';
import { print } from './output.ts';
import { tellHashing } from './tell-hashing.ts';
import { writeOutput } from './write-output.ts';

type HashesTableFlags = {
  readonly kernel: string;
  readonly initrd?: string;
  readonly cmdline?: string;
  readonly output?: string;
  readonly json?: true;
};

/** Adds `cvm hashes-table`. */
export function addHashesTable(program: Command): void {
  program
    .command('hashes-table')
    .description("the table of kernel hashes that an SEV guest's firmware holds the files against")
    .requiredOption('--kernel <file>', 'kernel or UKI')
    .option('--initrd <file>', 'its initrd')
    .option('--cmdline <text>', 'its command line')
    .option('-o, --output <file>', 'write the table there, for QEMU to load')
    .option('--json', 'print one JSON document')
    .action(async (flags: HashesTableFlags) => {
      using files = new DisposableStack();
      const kernel = files.use(await openSource(flags.kernel));
      const initrd = await openOptional(files, flags.initrd);
      tellHashing([kernel, ...(initrd === undefined ? [] : [initrd])]);
      const { report, table } = hashesTableReport({ kernel, initrd, cmdline: flags.cmdline });
      if (flags.output !== undefined) await writeOutput(flags.output, table);
      print(report, flags.json === true, () => renderHashesTable(report));
    });
}
