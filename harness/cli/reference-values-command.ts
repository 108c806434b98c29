import { type Command, Option } from 'commander';
import { UsageError } from '../host/errors.ts';
import type { ReferenceValues } from '../reference/reference-values.ts';
import { dossierReference } from './dossier-reference.ts';
import { withForecastOptions } from './forecast.ts';
import { type ForecastReferenceFlags, forecastReference } from './forecast-reference.ts';
import { addVcpuOptions } from './launch-digest-command.ts';
import {
  REFERENCE_FORMATS,
  type ReferenceFormat,
  referenceDocument,
} from './reference-document.ts';
import { writeOutput } from './write-output.ts';

type Flags = ForecastReferenceFlags & {
  readonly format: ReferenceFormat;
  readonly output?: string;
  readonly json?: true;
};

/** Adds `cvm reference-values`. */
export function addReferenceValues(program: Command): void {
  const command = program
    .command('reference-values')
    .description('what a verifier is to expect: of a boot to come, or of one that was seen')
    .argument('[dossier]', 'folder of a dossier; else the files of a boot to come')
    .addOption(
      new Option('--format <name>', 'what the verifier takes: RVPS message, CoRIM or plain JSON')
        .choices(REFERENCE_FORMATS)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--mode <mode>', 'with the launch digest of such a guest too').choices(['snp']),
    );
  addVcpuOptions(withForecastOptions(command))
    .option('-o, --output <file>', 'write it there instead of printing it')
    .option('--json', 'print one JSON document, a CoRIM in hexadecimal digits')
    .action(async (dossier: string | undefined, flags: Flags) => {
      if (flags.format === 'corim') refuseTerminal(flags);
      const values = await referenceValues(dossier, flags);
      tellOmitted(values);
      const document = referenceDocument(values, flags.format, flags.json === true);
      if (flags.output === undefined) process.stdout.write(document);
      else await writeOutput(flags.output, document);
    });
}

async function referenceValues(
  dossier: string | undefined,
  flags: Flags,
): Promise<ReferenceValues> {
  if (dossier === undefined) return forecastReference(flags);
  const given = (['disk', 'uki', 'kernel', 'machine', 'mode'] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (given === undefined) return dossierReference(dossier, flags.banks);
  throw new UsageError(`a dossier says what was booted: --${given} does not go with it`);
}

function refuseTerminal({ output, json }: Flags): void {
  if (output !== undefined || json === true || !process.stdout.isTTY) return;
  throw new UsageError('a CoRIM is binary: -o FILE writes it, --json prints it in hexadecimal');
}

/** What is left out must not go unnoticed where the format cannot say it. */
function tellOmitted({ omitted }: ReferenceValues): void {
  for (const [reason, group] of Map.groupBy(omitted, (one) => one.reason)) {
    const pcrs = group.map(({ pcr }) => pcr).join(', ');
    process.stderr.write(`no reference value for PCR ${pcrs}: ${reason}\n`);
  }
}
