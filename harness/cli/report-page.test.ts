import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Browser, chromium } from 'playwright-core';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../report/result.ts';
import { finding, judged, resultWith } from '../report/testing/sample-result.ts';
import { makeRun } from './testing/made-run.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const CHROMIUM = '/usr/bin/chromium';
const HOSTILE =
  '<script>document.title = "run"</script><img src=x onerror="document.title = \'run\'">';

/** More findings than a run of all suites has. */
const MANY = 2000;

const EVIDENCE = 'dossiers/uki/pcrread.txt';

const RESULT: Result = resultWith([
  { ...judged('CVM-XX-001', 'MUST', 'pass'), findings: [finding({ evidence: EVIDENCE })] },
  {
    ...judged('CVM-XX-002', 'MUST', 'fail'),
    findings: [finding({ state: 'fail', machine: 'uki', observed: HOSTILE, evidence: EVIDENCE })],
  },
  ...(['skip', 'not-tested'] as const).map((state, place) => ({
    ...judged(`CVM-XX-00${place + 3}`, 'SHOULD', state),
    findings: [finding({ state, evidence: null })],
  })),
]);

let folder: string;

beforeAll(async () => {
  folder = await makeRun((await dir({ prefix: 'cvm-test-' })).path, RESULT, { uki: 'ro' });
  await writeFile(join(folder, 'dossiers', 'uki', 'console.log'), `1.0 ${HOSTILE}\u001b[31m\n`);
});

afterAll(() => rm(folder, { recursive: true }));

async function report(path: string) {
  return await execa(process.execPath, [MAIN, 'results', 'report', path], { reject: false });
}

/** The forecast of the made boot is what it observed. */
async function keepPrediction(): Promise<void> {
  const pcrs = await readFile(join(folder, 'dossiers', 'uki', 'pcrread.txt'), 'utf8');
  const value = /0x([0-9A-F]{64})/.exec(pcrs)?.[1]?.toLowerCase();
  await rm(join(folder, 'predictions'), { recursive: true, force: true });
  await mkdir(join(folder, 'predictions'));
  const prediction = { banks: { sha256: { 9: value } }, events: [] };
  await writeFile(join(folder, 'predictions', 'uki.json'), JSON.stringify(prediction));
}

describe('cvm results report', () => {
  it('says in its place, and on stderr, that evidence is missing', async () => {
    const { exitCode, stdout, stderr } = await report(folder);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(join(folder, 'report.html'));
    expect(stderr).toMatch(/^cvm: uki: The evidence is not whole: .*predictions\/uki\.json/);
    const page = await readFile(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('The evidence is not whole');
  });

  it('writes the page, and every other form of the result', async () => {
    await keepPrediction();
    expect(await report(folder)).toMatchObject({ exitCode: 0, stderr: '' });
    for (const file of ['report.html', 'junit.xml', 'ctrf.json', 'summary.md', 'statement.json']) {
      expect(existsSync(join(folder, file))).toBe(true);
    }
  });

  it('tells of every file of evidence that a finding names and that is gone', async () => {
    const gone = await makeRun(join(folder, 'gone'), RESULT, { uki: 'ro' });
    await rm(join(gone, EVIDENCE));
    await writeFile(join(gone, 'dossiers', 'uki', 'console.log'), '\r\n');
    const { exitCode, stderr } = await report(gone);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`cvm: ${EVIDENCE} is missing`);
    const page = await readFile(join(gone, 'report.html'), 'utf8');
    expect(page).toContain(`${EVIDENCE} is missing`);
    expect(page).not.toContain('The last lines of its console');
  });

  it('is refused for what is no run', async () => {
    const { exitCode, stderr } = await report(join(folder, 'dossiers'));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^cvm: .*: no run that is finished: it has no result\.json$/);
  });
});

const title = `the page in a browser${existsSync(CHROMIUM) ? '' : ' (skipped without /usr/bin/chromium)'}`;

describe.skipIf(!existsSync(CHROMIUM))(title, () => {
  let browser: Browser;
  const said: string[] = [];

  beforeAll(async () => {
    await keepPrediction();
    await report(folder);
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  });
  afterAll(() => browser?.close());

  async function open(options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options);
    page.on('console', (message) => said.push(message.text()));
    page.on('request', (request) => {
      if (request.url() !== `file://${folder}/report.html`) said.push(request.url());
    });
    await page.goto(`file://${folder}/report.html`);
    return page;
  }

  it('shows foreign text as text, loads nothing, and complains of nothing', async () => {
    const page = await open();
    expect(await page.title()).toMatch(/^1 of 2 MUST/);
    expect(await page.locator('#failures code').allTextContents()).toContain(HOSTILE);
    expect(await page.locator('img, script').count()).toBe(0);
    expect(said).toEqual([]);
    await page.close();
  });

  it('shows the state of every requirement at the start of its row', async () => {
    const page = await open();
    for (const id of ['001', '002', '003', '004']) {
      const row = page.locator(`#CVM-XX-${id} > summary`);
      const [mark, whole] = [await row.locator('.mark').boundingBox(), await row.boundingBox()];
      expect((mark?.x ?? -1) - (whole?.x ?? 0)).toBeGreaterThanOrEqual(0);
      expect((mark?.x ?? 1200) - (whole?.x ?? 0)).toBeLessThan(50);
    }
    await page.close();
  });

  it('needs no script and works by keyboard', async () => {
    const page = await open({ javaScriptEnabled: false });
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('To the content');
    const requirement = page.locator('#CVM-XX-001');
    await requirement.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await requirement.getAttribute('open')).not.toBeNull();
    expect(await requirement.locator('td').first().isVisible()).toBe(true);
    await page.close();
  });

  it('opens what does not hold, and the boot’s forecast beside what was seen', async () => {
    const page = await open();
    expect(await page.locator('#CVM-XX-002').getAttribute('open')).not.toBeNull();
    await page.getByText('1 as forecast, 15 without a forecast').click();
    await page.getByText('PCR 9', { exact: true }).click();
    expect(await page.locator('.pcr.equal .events tr').count()).toBe(2);
    await page.close();
  });

  it('is light or dark as the reader likes it, and nothing sticks out on a narrow screen', async () => {
    const backgrounds = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open({ colorScheme, viewport: { width: 360, height: 700 } });
      backgrounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(360);
      await page.close();
    }
    expect(new Set(backgrounds).size).toBe(2);
  });

  it(`opens with ${MANY} findings, half of them bad, in less than a second`, async () => {
    const findings = Array.from({ length: MANY }, (_, at) =>
      finding({ state: at % 2 === 0 ? 'pass' : 'fail', machine: 'uki', evidence: EVIDENCE }),
    );
    const requirements = Array.from({ length: 20 }, (_, at) => ({
      ...judged(`CVM-XX-${100 + at}`, 'MUST', 'fail'),
      findings: findings.slice((at * MANY) / 20, ((at + 1) * MANY) / 20),
    }));
    const many = await makeRun(join(folder, 'many'), resultWith(requirements), { uki: 'ro' });
    await report(many);
    const page = await browser.newPage();
    // Time of the processor, not of the clock: what else the machine does is not the page's doing.
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    await page.goto(`file://${many}/report.html`);
    const { metrics } = await session.send('Performance.getMetrics');
    expect(metrics.find(({ name }) => name === 'TaskDuration')?.value).toBeLessThan(1);
    expect(await page.locator('.requirement tbody tr').count()).toBe(MANY);
    await page.close();
  });

  it('prints with its findings open', async () => {
    const page = await open();
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#CVM-XX-001 td').first().isVisible()).toBe(true);
    await page.close();
  });
});
