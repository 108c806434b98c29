import type { Command } from 'commander';
import { fromHex } from '../bytes/hex.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import type { BankSelection } from '../tpm/pcr-selection.ts';
import { openCertificateFolder } from './certificate-folder.ts';
import { parseDate } from './date-option.ts';
import { EXIT } from './exit-code.ts';
import { onlyBoot } from './only-boot.ts';
import { print } from './output.ts';
import { openPcrEvidence } from './pcr-evidence-path.ts';
import { quoteVerify, renderQuote, type VouchingReport } from './quote-verify.ts';
import { openReport } from './report-show.ts';
import { parseSelection } from './select-option.ts';

type VerifyFlags = {
  readonly attest: string;
  readonly signature: string;
  readonly ak: string;
  readonly nonce?: Uint8Array;
  readonly pcrs?: string;
  readonly select?: readonly BankSelection[];
  readonly eventlog?: string;
  readonly userspace?: string;
  readonly report?: string;
  readonly certs?: string;
  readonly at?: Date;
  readonly json?: true;
};

/** Adds `cvm quote`. */
export function addQuote(program: Command): void {
  program
    .command('quote')
    .description('quotes of a TPM')
    .command('verify')
    .description('whether a TPM quoted these PCRs, with this key, for this nonce')
    .requiredOption('--attest <file>', 'TPMS_ATTEST or TPM2B_ATTEST, e.g. of tpm2_quote -m')
    .requiredOption('--signature <file>', 'TPMT_SIGNATURE, e.g. of tpm2_quote -s, or bare RSA')
    .requiredOption('--ak <file>', 'public key: PEM, DER, JWK, TPM2B_PUBLIC or TPMT_PUBLIC')
    .option('--nonce <hex>', 'what the TPM was told to pass on', parseNonce)
    .option('--pcrs <file>', 'values that the PCRs must have, in any form that compare takes')
    .option('--select <pcrs>', 'PCRs that must be quoted, e.g. sha256:0-7,11', parseSelection)
    .option('--eventlog <file>', 'TCG event log that must replay to what is quoted')
    .option('--userspace <file>', "systemd's tpm2-measure.log, replayed behind it")
    .option('--report <file>', 'SNP report, or HCL report, that vouches for the AK')
    .option('--certs <dir>', 'VCEK or VLEK, ASK and ARK of the report')
    .option('--at <date>', 'when these have to be valid; now, if not given', parseDate)
    .option('--json', 'print one JSON document')
    .addHelpText('after', HELP)
    .action(verify);
}

const HELP = `
Without --select each PCR that --pcrs has a value of must be quoted, of every bank that is quoted at all.
Without --pcrs the log alone must lead to the quoted digest. What systemd extends stands in a log of its own.
Nothing is said of whose key it is: that is for credential activation, or for the key's certificate.

Exit code 0 where every check holds, 1 where one does not, 2 where a file cannot be read as what it should be.`;

async function verify({ json, nonce, select, ...paths }: VerifyFlags): Promise<void> {
  using files = new DisposableStack();
  const open = async (path: string) => files.use(await openSource(path));
  const openAny = async (path?: string) => (path === undefined ? undefined : await open(path));
  const result = quoteVerify({
    attest: await open(paths.attest),
    signature: await open(paths.signature),
    ak: await open(paths.ak),
    eventlog: await openAny(paths.eventlog),
    userspace: await openAny(paths.userspace),
    pcrs: paths.pcrs === undefined ? undefined : (await evidence(paths.pcrs)).pcrs,
    report: await openReportFiles(paths, files),
    nonce,
    select,
  });
  print(result, json === true, () => renderQuote(result));
  if (!result.valid) process.exitCode = EXIT.doesNotConform;
}

/** @throws UsageError where only one of report and certificates is given */
async function openReportFiles(
  { report, certs, at = new Date() }: Pick<VerifyFlags, 'report' | 'certs' | 'at'>,
  files: DisposableStack,
): Promise<VouchingReport | undefined> {
  if (report === undefined && certs === undefined) return undefined;
  if (report === undefined || certs === undefined) {
    throw new UsageError('--report and --certs are given together');
  }
  const source = files.use(await openSource(report));
  const certificateFiles = await openCertificateFolder(certs, openReport(source).report, files);
  return { source, certificateFiles, at };
}

async function evidence(path: string) {
  return await onlyBoot(await openPcrEvidence(path));
}

function parseNonce(text: string): Uint8Array {
  const nonce = fromHex(text.replace(/^0[xX]/, ''));
  if (nonce !== undefined) return nonce;
  throw new UsageError(`--nonce: expected hexadecimal digits, found "${text.slice(0, 64)}"`);
}
