import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../judge/finding.ts';
import type { Machine } from '../machine/machine.ts';
import { makeUki } from '../predict/testing/made-boot.ts';
import { conforms, judgeReport, renderJudge } from './judge.ts';
import {
  logAsPredicted,
  makeBootedDossier,
  makeBootedMachine,
  pcrread,
  writeBootedIndex,
} from './testing/made-booted-dossier.ts';

let folder: string;
let dossier: string;
let machine: Machine;

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  dossier = join(folder, 'dossier');
  machine = await makeBootedMachine(folder);
  await makeBootedDossier(dossier, folder, machine);
});

afterEach(() => rm(folder, { recursive: true }));

/** The made firmware has no version, and nobody says what PCRs 1, 10 and 15 rest on. */
const UNKNOWN = ['CVM-MB-009', 'CVM-MB-010', 'CVM-MB-016', 'CVM-MB-017'];

describe('cvm judge', () => {
  it('judges every requirement that needs no twin', async () => {
    const report = await judgeReport(dossier);
    const untested = report.findings.filter(({ state }) => state !== 'pass');
    expect(untested.map(({ requirement, state }) => [requirement, state])).toEqual(
      UNKNOWN.map((id) => [id, 'not-tested']),
    );
    expect([...new Set(report.findings.map(({ requirement }) => requirement))]).toEqual([
      'CVM-MB-001',
      'CVM-MB-002',
      'CVM-MB-003',
      'CVM-MB-004',
      'CVM-MB-005',
      ...[8, 9].map((n) => `CVM-MB-00${n}`),
      ...[10, 11, 12, 13, 14, 15, 16, 17].map((n) => `CVM-MB-0${n}`),
    ]);
    expect(report.findings[0]).toMatchObject({
      machine: 'made',
      evidence: 'pcrread.txt',
      reproduce: `scripts/cvm judge ${dossier}`,
    });
    expect(renderJudge(report)).toMatch(
      /^pass {8}CVM-MB-001 {2}PCR 4 has .*\n27 passed, 4 not tested\n$/s,
    );
  });

  it.each([
    ['pass', 'CVM-MB-001', true],
    ['not-tested', 'CVM-MB-001', false],
    ['not-tested', 'CVM-MB-017', true],
    ['fail', 'CVM-MB-017', false],
  ] as const)('holds with %s of %s: %s', async (state, requirement, holds) => {
    const [finding] = (await judgeReport(dossier)).findings;
    const passed = { ...finding, state: 'pass' } as Finding;
    expect(conforms({ findings: [passed, { ...passed, state, requirement }] })).toBe(holds);
  });

  it('fails where the TPM held something else, and shows it', async () => {
    const log = await logAsPredicted(machine);
    const text = pcrread(log).replace(/ 4 : 0x.{8}/, ' 4 : 0xDEADBEEF');
    await writeFile(join(dossier, 'pcrread.txt'), text);
    await writeBootedIndex(dossier, folder, machine);
    const report = await judgeReport(dossier);
    expect(conforms(report)).toBe(false);
    const failing = report.findings.filter(({ state }) => state === 'fail');
    expect(failing.map(({ requirement, sentence }) => `${requirement} ${sentence}`)).toEqual([
      'CVM-MB-001 PCR 4 has another value than predicted in sha256',
      'CVM-MB-004 the logs do not account for PCR 4',
    ]);
    const rendered = renderJudge(report);
    expect(rendered).toContain('    observed  sha256:4=deadbeef');
    expect(rendered).toContain('\n25 passed, 2 failed, 4 not tested\n');
  });

  it('is refused where a file that was booted is changed, gone or something else', async () => {
    await writeFile(join(folder, 'uki.efi'), makeUki(258));
    await expect(judgeReport(dossier)).rejects.toThrow(
      /uki\.efi: at 0x0: expected the file that was booted, SHA-256 [0-9a-f]{64}, found SHA-256 /,
    );
    await rm(join(folder, 'uki.efi'));
    await expect(judgeReport(dossier)).rejects.toThrow('uki.efi: no such file');
    await mkdir(join(folder, 'uki.efi'));
    await expect(judgeReport(dossier)).rejects.toThrow('found a directory');
  });

  it('is refused where the dossier does not tell what was booted', async () => {
    await writeBootedIndex(dossier, folder, machine, []);
    await expect(judgeReport(dossier)).rejects.toThrow('CODE.fd as it was booted, found none');
    await writeBootedIndex(dossier, folder, { name: 'made' });
    await expect(judgeReport(dossier)).rejects.toThrow(
      'dossier.json: at 0x0: expected a dossier with a machine description, found firmware: ',
    );
  });

  it('is refused where evidence was changed', async () => {
    await truncate(join(dossier, 'pcrread.txt'), 100);
    await expect(judgeReport(dossier)).rejects.toThrow('expected the file that was collected');
  });

  it('proves nothing without findings', () => {
    expect(conforms({ findings: [] })).toBe(false);
  });
});
