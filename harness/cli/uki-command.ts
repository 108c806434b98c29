import type { Command } from 'commander';
import { FormatError } from '../bytes/format-error.ts';
import { readVariableStore } from '../formats/efi-variable-store.ts';
import { readOvmfBuild } from '../formats/ovmf-build.ts';
import { readPe } from '../formats/pe.ts';
import { readShim, type Shim } from '../formats/shim.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import type { Bank } from '../measure/bank.ts';
import { parseBanks } from './bank-option.ts';
import { collect } from './collect-option.ts';
import { digestLargeImage } from './image-digests.ts';
import { openOptional } from './optional-source.ts';
import { print } from './output.ts';
import { tellHashing } from './tell-hashing.ts';
import { banksOfReport, pcr11Report, UKI_DEFAULTS, ukiReport } from './uki.ts';
import type { Trust } from './uki-authorisation.ts';
import { renderPcr11Report, renderUki } from './uki-text.ts';

type UkiFlags = {
  readonly banks: readonly Bank[];
  readonly phase?: readonly string[];
  readonly vars?: string;
  readonly shim?: string;
  readonly firmware?: string;
  readonly pcr11?: true;
  readonly json?: true;
};

const AUTHORISATION_HELP = `
With --vars, "authorisation" says whether the image would boot from the firmware or, where the store has a
MokList or --shim is given, as second stage of shim:
  secureBoot  on, off or setup; only "on" asks who signed it
  boots       whether anybody starts it; loader says who: firmware, shim, or null
  by, entry   db, MokList or Shim, and the certificate or hash there that authorises it
  event       EV_EFI_VARIABLE_AUTHORITY as PCR 7 will have it; events has all of them
  code, reason  why it would not boot: not-signed, no-matching-certificate, digest-mismatch, bad-signature,
              damaged-signature, unknown-digest, unknown-key, certificate-table, hash-in-dbx, certificate-in-dbx, sbat,
              no-efi-image
  firmware, shim  the same for each of the two`;

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
    .option('--vars <fd>', 'variable store: would the image boot, and by which db or MOK entry')
    .option(
      '--firmware <fd>',
      'with --vars: the build, which verifies ECDSA signatures or does not',
    )
    .option(
      '--shim <file>',
      'with --vars: the shim that loads it, for its own keys and revocations',
    )
    .option('--pcr11', 'PCR 11 alone, which takes half the time')
    .option('--json', 'print one JSON document')
    .addHelpText('after', AUTHORISATION_HELP)
    .action(tellUki);
}

async function tellUki(file: string, options: UkiFlags): Promise<void> {
  const { vars, shim, firmware } = options;
  if ((shim ?? firmware) !== undefined && vars === undefined) {
    throw new UsageError('--shim and --firmware go with --vars');
  }
  if (vars !== undefined && options.pcr11 === true) {
    throw new UsageError('--vars and --pcr11 exclude each other');
  }
  const trust = vars === undefined ? undefined : await readTrust(vars, shim, firmware);
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
  const report = ukiReport(source, { banks, phases, trust }, digests);
  print(report, options.json === true, () => renderUki(report));
}

async function readTrust(
  vars: string,
  shim: string | undefined,
  firmware: string | undefined,
): Promise<Trust> {
  using files = new DisposableStack();
  const store = readVariableStore(files.use(await openSource(vars)));
  const code = await openOptional(files, firmware);
  return {
    store,
    shim: shim === undefined ? undefined : await openShim(shim),
    build: code && readOvmfBuild(code),
  };
}

async function openShim(path: string): Promise<Shim> {
  using source = await openSource(path);
  const shim = readShim(source, readPe(source));
  if (shim !== undefined) return shim;
  throw new FormatError({ file: path, offset: 0, expected: 'a shim', found: 'another PE file' });
}
