import { type ByteSource, bytesSource, readRange } from '../bytes/source.ts';
import { ID_AUTH_BYTES, readIdAuth } from '../sev/id-auth.ts';
import { ID_BLOCK_BYTES, readIdBlock } from '../sev/id-block.ts';
import { type IdExpectations, verifyIdBlock } from '../sev/id-verify.ts';
import type { ReportCheck } from '../sev/report-verify.ts';
import { checkLines } from './report-checks.ts';
import { openReport } from './report-show.ts';

/** The flags of `cvm id-block verify` but for those that name files. */
export type VerifyFlags = Omit<IdExpectations, 'report'>;

/** What `cvm id-block verify --json` prints. */
export type IdVerification = { readonly valid: boolean; readonly checks: readonly ReportCheck[] };

/**
 * The action behind `cvm id-block verify`.
 *
 * @throws FormatError where a file is not what it should be
 */
export function verifyIdFiles(
  flags: VerifyFlags,
  files: {
    readonly idBlock: ByteSource;
    readonly idAuth: ByteSource;
    readonly report: ByteSource | undefined;
  },
): IdVerification {
  const idBlock = readIdBlock(rawOrBase64(files.idBlock, ID_BLOCK_BYTES));
  const idAuth = readIdAuth(rawOrBase64(files.idAuth, ID_AUTH_BYTES));
  const report = files.report && openReport(files.report).report;
  const checks = verifyIdBlock(idBlock, idAuth, { ...flags, report });
  return { valid: checks.every(({ ok }) => ok), checks };
}

/** Base64 is what QEMU takes; a file in it is at most twice as long, line ends included. */
function rawOrBase64(source: ByteSource, bytes: number): ByteSource {
  if (source.size === bytes || source.size > 2 * bytes) return source;
  const text = Buffer.from(readRange(source, 0, source.size, 'base64')).toString('latin1');
  const digits = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(digits)) return source;
  return bytesSource(source.name, Buffer.from(digits, 'base64'));
}

/** The report for people: a line for each check. */
export function renderIdVerification({ valid, checks }: IdVerification): string {
  const end = valid ? 'The ID block verifies.' : 'The ID block does not verify.';
  return [...checkLines(checks), end].join('\n');
}
