import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import type { UserspaceLog } from '../measure/userspace-log.ts';
import { eventlogReport, renderEventlog } from './eventlog.ts';
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
      using log = await openSource(file);
      const { userspace } = options;
      const report = eventlogReport(log, await readUserspace(userspace));
      print(report, options.json === true, () => renderEventlog(report));
    });
}

/** What reads it is loaded for it alone, as that takes longer than reading a firmware's log. */
async function readUserspace(path: string | undefined): Promise<UserspaceLog | undefined> {
  if (path === undefined) return undefined;
  const { readUserspaceLog } = await import('../measure/userspace-log.ts');
  using source = await openSource(path);
  return readUserspaceLog(source);
}
