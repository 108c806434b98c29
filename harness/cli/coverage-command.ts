import type { Command } from 'commander';
import { diskCoverage } from '../coverage/coverage.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { renderCoverage } from './coverage-text.ts';
import { EXIT } from './exit-code.ts';
import { numberOption } from './number-option.ts';
import { openOptional } from './optional-source.ts';
import { print } from './output.ts';

type Flags = {
  readonly firmware?: string;
  readonly vars?: string;
  readonly samples?: number;
  readonly seed: number;
  readonly json?: true;
};

/** More single bits of a region than anybody has time for. */
const MOST_SAMPLES = 10_000;

/** Adds `cvm coverage`. */
export function addCoverage(program: Command): void {
  program
    .command('coverage')
    .description('what each byte of a disk image is, and what would tell that it was changed')
    .argument('<img>', 'a raw disk image')
    .option('--firmware <fd>', 'OVMF_CODE*.fd or a whole firmware image')
    .option('--vars <fd>', 'variable store: with Secure Boot on, signatures count too')
    .option(
      '--samples <n>',
      'change n single bits in each region, and hold the map against the forecast of each',
      numberOption('--samples', 1, MOST_SAMPLES),
    )
    .option('--seed <n>', 'which bits', numberOption('--seed', 0, Number.MAX_SAFE_INTEGER), 1)
    .option('--json', 'print one JSON document')
    .action(async (image: string, flags: Flags) => {
      using files = new DisposableStack();
      const disk = files.use(await openSource(image));
      const code = await openOptional(files, flags.firmware);
      const vars = await openOptional(files, flags.vars);
      const { samples: count, seed } = flags;
      if (code === undefined && (count ?? vars) !== undefined) {
        throw new UsageError('--vars and --samples need --firmware');
      }
      if (count !== undefined)
        process.stderr.write(`${count} bits of each region, a forecast each …\n`);
      const coverage = diskCoverage(
        disk,
        code && { code, vars },
        count === undefined ? undefined : { count, seed },
      );
      print(coverage, flags.json === true, () => renderCoverage(coverage));
      const { disagreements = [] } = coverage.sample ?? {};
      if (disagreements.length > 0) process.exitCode = EXIT.doesNotConform;
    });
}
