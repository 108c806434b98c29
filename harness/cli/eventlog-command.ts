import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import { eventlogReport, renderEventlog } from './eventlog.ts';
import { openOptional } from './optional-source.ts';
import { print } from './output.ts';

type EventlogFlags = { readonly userspace?: string; readonly json?: true };

/** Adds `cvm eventlog`. */
export function addEventlog(program: Command): void {
  program
    .command('eventlog')
    .description('events of a TCG event log, and the PCR values that they replay to')
    .argument('<file>', 'binary_bios_measurements, or - for standard input')
    .option('--userspace <file>', "systemd's tpm2-measure.log, replayed behind it")
    .option('--json', 'print one JSON document')
    .action(async (file: string, options: EventlogFlags) => {
      using files = new DisposableStack();
      const log = files.use(await openSource(file));
      const userspace = await openOptional(files, options.userspace);
      const report = eventlogReport(log, userspace);
      print(report, options.json === true, () => renderEventlog(report));
    });
}
