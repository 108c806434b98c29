import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { der } from '../formats/testing/make-signature.ts';
import { readAttestationReport } from '../sev/attestation-report.ts';
import {
  CHIP,
  type MadeChain,
  type MadeReport,
  MILAN_VCEK,
  MILAN_VLEK,
  makeChain,
  makeReport,
  TURIN_VCEK,
} from '../sev/testing/make-report.ts';
import { addCertificates } from './certificate-cache.ts';
import { openCertificateFolder } from './certificate-folder.ts';
import { reportVerify } from './report-verify.ts';

const at = new Date('2030-01-01');
const MILAN = makeChain(MILAN_VCEK);
const VLEK = makeChain(MILAN_VLEK);
const TURIN = makeChain(TURIN_VCEK, 'Turin');
/** The same chip with another patch level of the SNP firmware, and another chip. */
const NEWER = makeChain({ ...MILAN_VCEK, '0303': der(0x02, Uint8Array.of(9)) });
const OTHER_CHIP = makeChain({ ...MILAN_VCEK, '04': CHIP.map(() => 0x0c) });
const CHIP_HEX = 'c1'.repeat(64);

let folder: string;
let cache: string;

beforeEach(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  cache = join(folder, 'cache');
});

afterEach(() => rm(folder, { recursive: true }));

const files = (...chains: readonly MadeChain[]) =>
  chains.flatMap(({ vek, ask, ark }) => [vek, ask, ark].map((one) => bytesSource('cert.der', one)));

async function add(...chains: readonly MadeChain[]) {
  const { added } = await addCertificates(cache, files(...chains));
  return added.map((path) => relative(cache, path));
}

async function verify(made: MadeReport, key: MadeChain['key'], from = cache) {
  const source = bytesSource('report.bin', makeReport(made, key));
  using opened = new DisposableStack();
  const report = readAttestationReport(source);
  const certificateFiles = await openCertificateFolder(from, report, opened);
  const result = reportVerify(source, { at, certificateFiles });
  const failed = result.checks.flatMap(({ name, ok, detail }) =>
    ok ? [] : [`${name}: ${detail}`],
  );
  return { ...result, failed, read: certificateFiles.map(({ name }) => relative(from, name)) };
}

const TURIN_REPORT: MadeReport = {
  version: 5,
  cpuid: [0x1a, 2, 1],
  reportedTcb: [1, 2, 3, 4, 0, 0, 0, 5],
  chipId: Uint8Array.from({ length: 64 }, (_, index) => (index < 8 ? 0xc1 : 0)),
};

describe('a cache of certificates', () => {
  it('is keyed by product, chip and TCB', async () => {
    expect(await add(MILAN)).toEqual([
      `Milan/vcek/${CHIP_HEX}/03000000000008d2.der`,
      'Milan/SEV-Milan.der',
      'Milan/ARK-Milan.der',
    ]);
    expect((await add(VLEK))[0]).toBe('Milan/vlek/example.org/03000000000008d2.der');
    const chip = `${'c1'.repeat(8)}${'00'.repeat(56)}`;
    expect((await add(TURIN))[0]).toBe(`Turin/vcek/${chip}/0102030400000005.der`);
    const kept = await readFile(join(cache, 'Milan/vlek/example.org/03000000000008d2.der'));
    expect(kept.equals(VLEK.vek)).toBe(true);
  });

  it('has the certificate of the chip and TCB among others', async () => {
    await add(OTHER_CHIP, NEWER, TURIN, VLEK, MILAN);
    const milan = await verify({}, MILAN.key);
    expect(milan.failed).toEqual([]);
    expect(milan).not.toHaveProperty('fetch');
    expect(milan.read.filter((path) => path.includes('/v'))).toEqual([
      `Milan/vcek/${CHIP_HEX}/03000000000008d2.der`,
      `Milan/vcek/${CHIP_HEX}/03000000000009d2.der`,
    ]);
    expect((await verify(TURIN_REPORT, TURIN.key)).failed).toEqual([]);
    expect((await verify({ signingKey: 1 }, VLEK.key)).failed).toEqual([]);
    expect((await verify({ chipId: new Uint8Array(64) }, MILAN.key)).failed).toEqual([]);
  });

  it('with another TCB is refused, and says where the right one is', async () => {
    await add(NEWER, TURIN);
    const { failed, fetch } = await verify({}, MILAN.key);
    expect(failed).toEqual([expect.stringMatching(/^signature: /), 'tcb: snp 8, not 9']);
    expect(fetch).toEqual([
      `https://kdsintf.amd.com/vcek/v1/Milan/${CHIP_HEX}?blSPL=03&teeSPL=00&snpSPL=08&ucodeSPL=210`,
      'https://kdsintf.amd.com/vcek/v1/Milan/cert_chain',
    ]);
  });

  it('with nothing of the chip says where it is', async () => {
    await add(OTHER_CHIP);
    const turin = await verify(TURIN_REPORT, TURIN.key);
    expect(turin.failed[0]).toContain('no certificate of a VCEK among the ');
    expect(turin.fetch?.[0]).toBe(
      `https://kdsintf.amd.com/vcek/v1/Turin/${'c1'.repeat(8)}?fmcSPL=01&blSPL=02&teeSPL=03&snpSPL=04&ucodeSPL=05`,
    );
    const vlek = await verify({ signingKey: 1 }, VLEK.key);
    expect(vlek.fetch).toEqual(['https://kdsintf.amd.com/vlek/v1/Milan/cert_chain']);
    const old = await verify({ version: 2, cpuid: [0, 0, 0] }, MILAN.key);
    expect(old.fetch).toHaveLength(4);
    const unknown = await verify({ cpuid: [0x1b, 0, 0] }, MILAN.key);
    expect(unknown).not.toHaveProperty('fetch');
  });

  it('may be a folder with the files alone', async () => {
    await mkdir(cache);
    for (const [index, { name, ...file }] of files(MILAN).entries()) {
      await writeFile(join(cache, `${index}-${name}`), file.read(0, file.size));
    }
    expect((await verify({}, MILAN.key)).failed).toEqual([]);
  });

  it('takes nothing that leads out of it, or is not of AMD', async () => {
    const away = makeChain({ ...MILAN_VLEK, '05': der(0x16, Buffer.from('../../away')) });
    await expect(add(away)).rejects.toThrow('cert.der: "SEV-VCEK" is no VCEK, VLEK, ASK or ARK');
    const none = [bytesSource('other.bin', Buffer.from('none'))];
    await expect(addCertificates(cache, none)).rejects.toThrow('other.bin: at 0x0: expected X.509');
    const missing = verify({}, MILAN.key, join(folder, 'no'));
    await expect(missing).rejects.toThrow('no folder of certificates that can be read (ENOENT)');
  });

  it('cannot be made in a file', async () => {
    await writeFile(cache, '');
    await expect(add(MILAN)).rejects.toThrow(expect.objectContaining({ name: 'UsageError' }));
  });
});
