import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FIXTURES_MISSING, openFixtures } from '../formats/testing/fixtures.ts';
import { makeVariableStore } from '../formats/testing/make-variable-store.ts';
import { writeDossierIndex } from '../guest/dossier-folder.ts';
import { agileRecord, specIdRecord } from '../measure/testing/log-bytes.ts';
import { makeFirmwareImage, makeUki, WELL_KNOWN } from '../predict/testing/made-boot.ts';
import { addReferenceValues } from './reference-values-command.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  await writeFile(at('CODE'), makeFirmwareImage());
  await writeFile(at('VARS'), makeVariableStore([]));
  await writeFile(at('UKI'), makeUki(257));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** What the command prints on stdout and on stderr. */
async function run(...words: readonly string[]) {
  const [out, err]: [Buffer[], string[]] = [[], []];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => out.push(Buffer.from(chunk)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => err.push(String(chunk)) > 0);
  const program = new Command().exitOverride();
  addReferenceValues(program);
  await program.parseAsync(['reference-values', ...words], { from: 'user' });
  return {
    out: Buffer.concat(out),
    json: () => JSON.parse(String(out.join(''))),
    err: err.join(''),
  };
}

const UKI = () => ['--uki', at('UKI'), '--firmware', at('CODE'), '--vars', at('VARS')];

describe('cvm reference-values', () => {
  it('tells a boot to come, which files it follows from, and what is not known', async () => {
    const { json, err } = await run(...UKI(), '--format', 'json');
    const { schemaVersion, banks, omitted, provenance } = json();
    expect(schemaVersion).toBe(1);
    expect(banks.sha256[6]).toBe(WELL_KNOWN.separatorOnly);
    expect(Object.keys(banks.sha256)).not.toContain('5');
    expect(omitted.map(({ pcr }: { pcr: number }) => pcr)).toContain(5);
    expect(err).toMatch(/^no reference value for PCR 5: the partition table of the boot disk/m);
    expect(provenance).toMatchObject({ from: 'forecast', tool: expect.stringMatching(/^cvm-/) });
    expect(provenance.files.map(({ path }: { path: string }) => path)).toEqual(
      ['CODE', 'VARS', 'UKI'].map(at),
    );
  });

  it('gives the same bytes for the same files', async () => {
    const corim = [...UKI(), '--format', 'corim', '--json'];
    const [one, other] = [await run(...corim), await run(...corim)];
    expect(one.json().corim).toMatch(/^d901f5/); // tag 501
    expect(other.out).toEqual(one.out);
  });

  it.each([
    [['--format', 'json'], 'predict needs --disk, --uki, --kernel or --machine'],
    [['.', '--uki', 'U', '--format', 'json'], 'a dossier says what was booted: --uki does not go'],
    [['nowhere', '--format', 'json'], 'nowhere: no such dossier'],
  ])('refuses %j', async (words, sentence) => {
    await expect(run(...words)).rejects.toThrow(sentence);
  });

  it('refuses a bank that the format has no word for', async () => {
    const sha1 = [...UKI(), '--banks', 'sha1', '--format'];
    await expect(run(...sha1, 'rvps')).rejects.toThrow(
      'rvps has no word for sha1: --banks with sha256',
    );
    await expect(run(...sha1, 'corim')).rejects.toThrow('corim has no word for sha1');
  });
});

describe('cvm reference-values --mode snp', () => {
  const { source } = openFixtures('launch', {});
  const [firmware, kernel] = ['OVMF.amdsev.2026.08.fd', 'cvm.vmlinuz'] as const;

  // peer-give-08: virtee/sev-snp-measure, and a second implementation.
  it.skipIf(FIXTURES_MISSING)('has the launch digest', async () => {
    for (const file of [firmware, kernel]) {
      const { size, read } = source(file);
      await writeFile(at(file), read(0, size));
    }
    const launch = ['--mode', 'snp', '--vcpu-type', 'EPYC-v4', '--cmdline', 'console=ttyS0'];
    const files = ['--kernel', at(kernel), '--firmware', at(firmware)];
    const { json } = await run(...launch, ...files, '--format', 'rvps');
    const payload = JSON.parse(Buffer.from(json().payload, 'base64').toString());
    expect(payload.snp_launch_measurement).toEqual([
      '5a261d8da4ae7676baceade345b5e6be58fad618a7e49c0d472b20ea6edc08e9dbf00f86ebf9c84af4829236627b28bc',
    ]);
  });
});

/** SHA-256 of 32 zeros and 32 bytes ab, by Python's hashlib. */
const PCR4 = 'debb3e7acfff6dd18d501042273629f0b79cb206bb8c24f59f62ddb80849403b';

describe('cvm reference-values of a dossier', () => {
  beforeEach(async () => {
    await mkdir(at('dossier'));
    const digest = 'ab'.repeat(32);
    const log = Buffer.concat([
      specIdRecord([[0x000b, 32]]),
      agileRecord(4, 'EV_SEPARATOR', [[0x000b, digest]], Buffer.alloc(4)),
    ]);
    await writeFile(at('dossier/binary_bios_measurements'), log);
    await writeFile(at('dossier/tpm2-measure.log'), '');
    await writeFile(at('dossier/pcrread.txt'), `  sha256:\n    4 : 0x${PCR4}\n`);
    await writeDossierIndex(at('dossier'), {
      machine: { name: 'uki' },
      accelerator: 'tcg',
      startedAt: '2026-11-21T07:32:17.007Z',
      stages: [],
      answeredAtMs: 1,
      inputs: [{ path: '/images/disk.raw', sha256: '99'.repeat(32) }],
      tools: {},
    });
  });

  it('tells what was read, when, and of which files', async () => {
    const { banks, provenance } = (await run(at('dossier'), '--format', 'json')).json();
    expect(banks).toEqual({ sha256: { 4: PCR4 } });
    expect(provenance).toMatchObject({
      from: 'boot',
      at: '2026-11-21T07:32:17.007Z',
      files: [{ path: '/images/disk.raw', sha256: '99'.repeat(32) }],
    });
  });

  it('refuses a bank that its TPM did not have', async () => {
    const refused = run(at('dossier'), '--banks', 'sha384', '--format', 'json');
    await expect(refused).rejects.toThrow('no PCRs in sha384: --banks with sha256');
  });
});
