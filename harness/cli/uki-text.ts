import { printable } from '../bytes/format-error.ts';
import type { Digests } from '../measure/bank.ts';
import type { Pcr11, Pcr11Report, UkiReport } from './uki.ts';
import { renderAuthorisation } from './uki-authorisation.ts';

/** The report for people: the same facts, a line each. */
export function renderUki(report: UkiReport): string {
  return inLines([
    ...(report.stub === undefined ? [] : [`systemd-stub ${report.stub}`, '']),
    'Sections',
    ...report.sections.map(renderSection),
    '',
    'Authenticode',
    ...renderDigests(report.authenticode, '  '),
    '',
    ...renderSigners(report.signers),
    '',
    ...(report.authorisation ? [...renderAuthorisation(report.authorisation), ''] : []),
    ...renderPcr11(report),
  ]);
}

/** PCR 11 for people. */
export function renderPcr11Report(report: Pcr11Report): string {
  return inLines(renderPcr11(report));
}

function inLines(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function renderSection({ name, size, sha256, profile }: UkiReport['sections'][number]): string {
  const where = profile === null ? '' : `  @${profile}`;
  return `  ${name.padEnd(8)} ${String(size).padStart(11)}  ${sha256}${where}`;
}

function renderSigners(signers: UkiReport['signers']): readonly string[] {
  if (signers.length === 0) return ['Not signed'];
  return [
    'Signed by',
    ...signers.flatMap(({ subject, issuer, sha256, chain }) => [
      `  ${subject}`,
      `    issued by ${issuer}`,
      `    certificate ${sha256}`,
      ...chain.slice(1).map((one) => `    with ${one.subject} ${one.sha256}`),
    ]),
  ];
}

function renderPcr11({
  pcr11,
  profiles,
}: Pick<UkiReport, 'pcr11' | 'profiles'>): readonly string[] {
  if (pcr11 === undefined) return ['No UKI: it has no .linux section'];
  if (profiles === undefined) return ['PCR 11', ...renderPaths(pcr11)];
  return profiles.flatMap(({ profile, id, title, pcr11: values }, index) => {
    const names = [id, title].filter((name) => name !== null).join(': ');
    const heading = `PCR 11 of profile ${profile} ${names}`.trimEnd();
    return [...(index > 0 ? [''] : []), heading, ...renderPaths(values)];
  });
}

function renderPaths(pcr11: Pcr11): readonly string[] {
  return Object.entries(pcr11).flatMap(([path, digests]) => [
    `  ${path === '' ? 'before any phase' : path}`,
    ...renderDigests(digests, '    '),
  ]);
}

function renderDigests(digests: Digests, indent: string): readonly string[] {
  return Object.entries(digests).map(([bank, digest]) => `${indent}${bank} ${digest}`);
}
