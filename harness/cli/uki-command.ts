import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import type { Bank } from '../measure/bank.ts';
import { parseBanks } from './bank-option.ts';
import { collect } from './collect-option.ts';
import { digestLargeImage } from './image-digests.ts';
import { print } from './output.ts';
import { tellHashing } from './tell-hashing.ts';
import {
  banksOfReport,
  pcr11Report,
  renderPcr11Report,
  renderUki,
  UKI_DEFAULTS,
  ukiReport,
} from './uki.ts';

type UkiFlags = {
  readonly banks: readonly Bank[];
  readonly phase?: readonly string[];
  readonly pcr11?: true;
  readonly json?: true;
};

/** Adds `cvm uki`. */
export function addUki(program: Command): void {
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
    .option('--pcr11', 'PCR 11 alone, which takes half the time')
    .option('--json', 'print one JSON document')
    .action(async (file: string, options: UkiFlags) => {
      using source = await openSource(file);
      tellHashing([source]);
      const { banks, phase: phases = UKI_DEFAULTS.phases } = options;
      if (options.pcr11 === true) {
        const { sections } = await digestLargeImage(source, { sections: banks, authenticode: [] });
        const report = pcr11Report(source, { banks, phases }, sections);
        print(report, options.json === true, () => renderPcr11Report(report));
        return;
      }
      const digests = await digestLargeImage(source, banksOfReport(banks));
      const report = ukiReport(source, { banks, phases }, digests);
      print(report, options.json === true, () => renderUki(report));
    });
}
