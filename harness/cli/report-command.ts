import type { Command } from 'commander';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import type { TcbVersion } from '../sev/tcb-version.ts';
import { openCertificateFolder } from './certificate-folder.ts';
import { EXIT } from './exit-code.ts';
import { hexOption } from './hex-option.ts';
import { print } from './output.ts';
import { renderReport, reportShow } from './report-show.ts';
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
    .requiredOption('--certs <dir>', 'VCEK or VLEK, ASK and ARK, in PEM or DER')
    .option('--measurement <hex>', 'the launch digest', hexOption('--measurement', 48))
    .option('--report-data <hex>', 'what the guest put in', hexOption('--report-data', 64))
    .option('--host-data <hex>', 'what the host put in', hexOption('--host-data', 32))
    .option('--min-tcb <parts>', 'least patch levels, e.g. snp=8,microcode=115', parseMinTcb)
    .option('--at <date>', 'when the certificates have to be valid; now, if not given', parseDate)
    .option(...JSON_OPTION)
    .action(async (file: string, { certs, at = new Date(), json, ...expected }: VerifyFlags) => {
      using files = new DisposableStack();
      const source = files.use(await openSource(file));
      const certificateFiles = await openCertificateFolder(certs, files);
      const result = reportVerify(source, { ...expected, at, certificateFiles });
      print(result, json === true, () => renderVerification(result));
      if (!result.valid) process.exitCode = EXIT.doesNotConform;
    });
}

function parseDate(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new UsageError(`--at: expected a date such as 2026-01-31, found "${text.slice(0, 64)}"`);
}
