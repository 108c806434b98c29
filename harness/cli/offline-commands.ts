import type { Command } from 'commander';
import { type OpenSource, openSource } from '../host/file-source.ts';
import type { Bank } from '../measure/bank.ts';
import { parseBanks } from './bank-option.ts';
import { collect } from './collect-option.ts';
import { compareReport, differs, renderCompare } from './compare.ts';
import { eventlogReport, renderEventlog } from './eventlog.ts';
import { EXIT } from './exit-code.ts';
import { addJudge } from './judge-command.ts';
import { print } from './output.ts';
import { addPredict } from './predict-command.ts';
import { addSevCommands } from './sev-commands.ts';
import { renderUki, UKI_DEFAULTS, ukiReport } from './uki.ts';
import { renderVars, varsReport } from './vars.ts';
import { addVerityCommands } from './verity-commands.ts';

const JSON_OPTION = ['--json', 'print one JSON document'] as const;

/** Adds the commands that look at files and boot nothing. */
export function addOfflineCommands(program: Command): void {
  addPredict(program);
  addUki(program);
  addEventlog(program);
  addCompare(program);
  addVars(program);
  addJudge(program);
  addVerityCommands(program);
  addSevCommands(program);
}

function addUki(program: Command): void {
  program
    .command('uki')
    .description('sections, signers, Authenticode digests and PCR 11 of a UKI or other PE file')
    .argument('<file>', 'the image, or - for standard input')
    .option('--banks <list>', 'PCR banks, e.g. sha256,sha384', parseBanks, UKI_DEFAULTS.banks)
    .option(
      '--phase <path>',
      'phase path, e.g. enter-initrd:leave-initrd; may be repeated',
      collect,
    )
    .option(...JSON_OPTION)
    .action(async (file: string, options: UkiFlags) => {
      using source = await openSource(file);
      const { banks, phase: phases = UKI_DEFAULTS.phases } = options;
      const report = ukiReport(source, { banks, phases });
      print(report, options.json === true, () => renderUki(report));
    });
}

type UkiFlags = {
  readonly banks: readonly Bank[];
  readonly phase?: readonly string[];
  readonly json?: true;
};

type JsonFlag = { readonly json?: true };

function addEventlog(program: Command): void {
  program
    .command('eventlog')
    .description('events of a TCG event log, and the PCR values that they replay to')
    .argument('<file>', 'binary_bios_measurements, or - for standard input')
    .option('--userspace <file>', "systemd's tpm2-measure.log, replayed behind it")
    .option(...JSON_OPTION)
    .action(async (file: string, options: JsonFlag & { readonly userspace?: string }) => {
      using log = await openSource(file);
      using userspace = await openOptional(options.userspace);
      const report = eventlogReport(log, userspace);
      print(report, options.json === true, () => renderEventlog(report));
    });
}

function addCompare(program: Command): void {
  program
    .command('compare')
    .description('which PCRs two machines have in common, and where the others part')
    .argument('<a>', 'tpm2_pcrread output, an event log, or a prediction')
    .argument('<b>', 'the same of the other machine')
    .option(...JSON_OPTION)
    .action(async (a: string, b: string, options: JsonFlag) => {
      using first = await openSource(a);
      using second = await openSource(b);
      const report = compareReport(first, second);
      print(report, options.json === true, () => renderCompare(report));
      if (differs(report)) process.exitCode = EXIT.doesNotConform;
    });
}

function addVars(program: Command): void {
  program
    .command('vars')
    .description('the variables that a boot with a variable store would see')
    .argument('<fd>', 'OVMF_VARS*.fd, or - for standard input')
    .option(...JSON_OPTION)
    .action(async (fd: string, options: JsonFlag) => {
      using source = await openSource(fd);
      const report = varsReport(source);
      print(report, options.json === true, () => renderVars(report));
    });
}

async function openOptional(path: string | undefined): Promise<OpenSource | undefined> {
  return path === undefined ? undefined : openSource(path);
}
