import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import type { TcbVersion } from '../sev/tcb-version.ts';
import { addCertificates } from './certificate-cache.ts';
import { openCertificateFolder } from './certificate-folder.ts';
import { parseDate } from './date-option.ts';
import { EXIT } from './exit-code.ts';
import { hexOption } from './hex-option.ts';
import { print } from './output.ts';
import { openReport, renderReport, reportShow } from './report-show.ts';
import { renderVerification, reportVerify } from './report-verify.ts';
import { parseMinTcb } from './tcb-option.ts';

const JSON_OPTION = ['--json', 'print one JSON document'] as const;

type VerifyFlags = {
  readonly certs: string;
  readonly measurement?: Uint8Array;
  readonly reportData?: Uint8Array;
  readonly hostData?: Uint8Array;
  readonly minTcb?: Partial<TcbVersion>;
  readonly at?: Date;
  readonly json?: true;
};

/** Adds `cvm report`. */
export function addReport(program: Command): void {
  const report = program.command('report').description('SNP attestation reports');
  addShow(report);
  addVerify(report);
  addAddCerts(report);
}

function addShow(report: Command): void {
  report
    .command('show')
    .description("the fields of an attestation report, or of one in Azure's HCL report")
    .argument('<file>', 'the report, or - for standard input')
    .option(...JSON_OPTION)
    .action(async (file: string, flags: { readonly json?: true }) => {
      using source = await openSource(file);
      const fields = reportShow(source);
      print(fields, flags.json === true, () => renderReport(fields));
    });
}

function addVerify(report: Command): void {
  report
    .command('verify')
    .description('whether a report is signed by an AMD processor, and says what is expected')
    .argument('<file>', 'the report, or - for standard input')
    .requiredOption('--certs <dir>', 'VCEK or VLEK, ASK and ARK, in PEM or DER; or a cache of them')
    .option('--measurement <hex>', 'the launch digest', hexOption('--measurement', 48))
    .option('--report-data <hex>', 'what the guest put in', hexOption('--report-data', 64))
    .option('--host-data <hex>', 'what the host put in', hexOption('--host-data', 32))
    .option('--min-tcb <parts>', 'least patch levels, e.g. snp=8,microcode=115', parseMinTcb)
    .option('--at <date>', 'when the certificates have to be valid; now, if not given', parseDate)
    .option(...JSON_OPTION)
    .action(async (file: string, { certs, at = new Date(), json, ...expected }: VerifyFlags) => {
      using files = new DisposableStack();
      const source = files.use(await openSource(file));
      const { report: parsed } = openReport(source);
      const certificateFiles = await openCertificateFolder(certs, parsed, files);
      const result = reportVerify(source, { ...expected, at, certificateFiles });
      print(result, json === true, () => renderVerification(result));
      if (!result.valid) process.exitCode = EXIT.doesNotConform;
    });
}

function addAddCerts(report: Command): void {
  report
    .command('add-certs')
    .description('puts certificates into a cache, where verify finds them by chip and TCB')
    .argument('<file...>', 'VCEKs, VLEKs, ASKs and ARKs, in PEM or DER')
    .requiredOption('--certs <dir>', 'the cache; made where it is not there')
    .option(...JSON_OPTION)
    .addHelpText('after', CACHE_HELP)
    .action(async (paths: readonly string[], flags: AddFlags) => {
      using files = new DisposableStack();
      const sources = [];
      for (const path of paths) sources.push(files.use(await openSource(path)));
      const result = await addCertificates(flags.certs, sources);
      print(result, flags.json === true, () => result.added.join('\n'));
    });
}

type AddFlags = { readonly certs: string; readonly json?: true };

const CACHE_HELP = `
In the cache lie, with chip id and TCB as report show prints them:
  PRODUCT/vcek/CHIP_ID/REPORTED_TCB.der
  PRODUCT/vlek/CSP_ID/REPORTED_TCB.der
  PRODUCT/ARK-PRODUCT.der, SEV-PRODUCT.der, SEV-VLEK-PRODUCT.der

Nothing is fetched. Where verify lacks a certificate, it prints the URL at which AMD has it.`;
