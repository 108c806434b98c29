import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { FIXTURES_MISSING, openFixtures } from '../formats/testing/fixtures.ts';
import { resultOrFormatError } from '../formats/testing/mutations.ts';
import { readAttestationReport } from './attestation-report.ts';
import { readCertificateFile } from './certificate-file.ts';
import { bindsRuntimeData, readHclReport } from './hcl-report.ts';
import { findChain } from './report-chain.ts';
import { verifyReport } from './report-verify.ts';
import { applyRecipe, type RecipeStep } from './testing/recipe.ts';

type Fields = Readonly<Record<string, unknown>> & { readonly version: number };
type Case = {
  readonly vek: string;
  readonly ask: string;
  readonly ark: string;
  readonly vek_cert: Readonly<Record<string, unknown>>;
};
type Report = { readonly report: string; readonly fields: Fields; readonly cases: readonly Case[] };
type Tampered = {
  readonly id: string;
  readonly base?: string;
  readonly cert?: string;
  readonly vek: string;
  readonly ask: string;
  readonly ops: readonly RecipeStep[];
  readonly ecdsa_accepts?: boolean;
};
type Azure = {
  readonly id: string;
  readonly files: { readonly hcl_report?: string };
  readonly expected: { readonly report_data_binds_runtime_data?: boolean };
  readonly hcl?: { readonly ak_n: string; readonly runtime: { readonly hash_type: string } };
};
type Index = {
  readonly reports: readonly Report[];
  readonly tampered: readonly Tampered[];
  readonly chain_only: readonly (Case & { readonly expected: { vek_signed_by_ask: boolean } })[];
  readonly azure_and_quotes: readonly Azure[];
};

const absent = { reports: [], tampered: [], chain_only: [], azure_and_quotes: [] };
const { index, source } = openFixtures<Index>('reports', absent);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const certificates = (...files: readonly string[]) =>
  files.flatMap((file) => readCertificateFile(source(file)));
const authorities = () =>
  certificates(
    ...['Milan', 'Genoa', 'Turin'].flatMap((name) => [
      `certs/SEV-${name}.der`,
      `certs/ARK-${name}.der`,
    ]),
  );

const IN_VALIDITY = new Date('2026-06-01');

function check(bytes: Uint8Array, veks: readonly string[]) {
  const given = [...authorities(), ...certificates(...veks)];
  const report = readAttestationReport(bytesSource('report.bin', bytes));
  return verifyReport(report, { certificates: given, at: IN_VALIDITY });
}

const content = (file: string) => {
  const file_ = source(file);
  return file_.read(0, file_.size);
};

describe.skipIf(FIXTURES_MISSING)('attestation reports of real machines', () => {
  it.each(index.reports)('$report has its fields', ({ report: file, fields }) => {
    const report = readAttestationReport(source(file));
    expect({
      version: report.version,
      guest_svn: report.guestSvn,
      policy: `0x${report.policy.toString(16)}`,
      family_id: hex(report.familyId),
      image_id: hex(report.imageId),
      vmpl: report.vmpl,
      signature_algo: report.signatureAlgo,
      current_tcb: hex(report.currentTcb),
      platform_info: `0x${report.platformInfo.toString(16)}`,
      author_key_en: report.authorKeyEn,
      mask_chip_key: report.maskChipKey,
      signing_key: report.signingKey,
      report_data: hex(report.reportData),
      measurement: hex(report.measurement),
      host_data: hex(report.hostData),
      id_key_digest: hex(report.idKeyDigest),
      author_key_digest: hex(report.authorKeyDigest),
      report_id: hex(report.reportId),
      report_id_ma: hex(report.reportIdMa),
      reported_tcb: hex(report.reportedTcb),
      chip_id: hex(report.chipId),
      committed_tcb: hex(report.committedTcb),
      current_build: report.current.build,
      current_minor: report.current.minor,
      current_major: report.current.major,
      committed_build: report.committed.build,
      committed_minor: report.committed.minor,
      committed_major: report.committed.major,
      launch_tcb: hex(report.launchTcb),
      ...(report.cpuid && {
        cpuid_fam: report.cpuid.family,
        cpuid_mod: report.cpuid.model,
        cpuid_step: report.cpuid.stepping,
      }),
    }).toEqual(
      Object.fromEntries(
        Object.entries(fields).filter(
          ([name]) => !/^(signing_key_name|policy_bits|bytes_0x|reserved_0x)/.test(name),
        ),
      ),
    );
  });

  it.each(index.reports)('$report verifies', ({ report, cases }) => {
    for (const { vek } of cases) {
      expect(check(content(report), [vek]).filter(({ ok }) => !ok)).toEqual([]);
    }
  });

  it.each(index.reports)('$report has VEKs with their extensions', ({ cases }) => {
    for (const { vek, vek_cert: expected } of cases) {
      const [read] = certificates(vek);
      expect(read?.vek).toMatchObject({
        productName: expected['productName1'],
        tcb: {
          bootloader: expected['blSPL'],
          tee: expected['teeSPL'],
          snp: expected['snpSPL'],
          microcode: expected['ucodeSPL'],
        },
      });
      expect(hex(read?.vek?.hwId ?? new Uint8Array())).toBe(expected['hwID']);
    }
  });

  it.each(index.reports)('$report rests on a root that AMD publishes', ({ report, cases }) => {
    const checks = check(
      content(report),
      cases.map(({ vek }) => vek),
    );
    const detail = checks.find(({ name }) => name === 'chain')?.detail;
    expect(detail).toMatch(/ARK-(Milan|Genoa|Turin), as AMD publishes it$/);
  });

  it('choose their VEK among all', () => {
    const all = index.reports.flatMap(({ cases }) => cases.map(({ vek }) => vek));
    for (const { report } of index.reports) {
      expect(check(content(report), all).filter(({ ok }) => !ok)).toEqual([]);
    }
  });

  it.each(index.tampered.filter(({ base }) => base !== undefined))('$id', (tampered) => {
    const bytes = applyRecipe(content(tampered.base ?? ''), tampered.ops);
    const checks = resultOrFormatError(() => check(bytes, [tampered.vek]));
    // Of S and its negative ECDSA takes both; all else that it takes is refused for its form.
    const isOk = tampered.id.endsWith('s-negated');
    expect(Array.isArray(checks) && checks.every(({ ok }) => ok)).toBe(isOk);
  });

  it.each(index.tampered.filter(({ cert }) => cert !== undefined))('$id', ({ cert, ops }) => {
    const bytes = applyRecipe(content(cert ?? ''), ops);
    const vek = resultOrFormatError(() => readCertificateFile(bytesSource('vek.der', bytes)));
    if (!Array.isArray(vek)) return;
    expect(findChain(vek[0], authorities()).ask).toBeUndefined();
  });

  it.each(index.chain_only)('the chain of $vek is judged', ({ vek, expected }) => {
    const [read] = certificates(vek);
    if (read === undefined) throw new Error('no certificate');
    const chain = findChain(read, authorities());
    expect(chain.ask !== undefined).toBe(expected.vek_signed_by_ask);
    expect(chain.ark !== undefined).toBe(expected.vek_signed_by_ask);
  });
});

describe.skipIf(FIXTURES_MISSING)("reports of Azure's paravisor", () => {
  const reports = index.azure_and_quotes.filter(({ files }) => files.hcl_report !== undefined);

  it.each(reports)('$id vouches for its runtime data', ({ files, expected, hcl }) => {
    const read = readHclReport(source(files.hcl_report ?? ''));
    const { reportData } = readAttestationReport(read.report);
    expect(bindsRuntimeData(read, reportData)).toBe(expected.report_data_binds_runtime_data);
    expect(read.algorithm).toBe(hcl?.runtime.hash_type);
    expect(Buffer.from(String(read.ak?.['n']), 'base64url').toString('hex')).toBe(hcl?.ak_n);
  });
});
