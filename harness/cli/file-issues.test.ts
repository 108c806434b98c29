import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EnvironmentError, InfraError, UsageError } from '../host/errors.ts';
import type { State } from '../judge/finding.ts';
import { LABEL } from '../report/issues/issue.ts';
import { judged, resultWith } from '../report/testing/sample-result.ts';
import { type FilingRequest, fileIssues } from './file-issues.ts';
import { FakeGitHub } from './testing/fake-github.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

let folder: string;
const runOf = (...states: readonly State[]) => join(folder, states.join('-') || 'none');

beforeAll(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  for (const states of [['fail'], ['fail', 'fail', 'fail'], ['pass']] as const) {
    const requirements = states.map((state, index) => judged(`CVM-XX-10${index}`, 'MUST', state));
    await mkdir(runOf(...states));
    const text = JSON.stringify(resultWith(requirements));
    await writeFile(join(runOf(...states), 'result.json'), text);
  }
});

afterAll(() => rm(folder, { recursive: true }));

const ONE = () => runOf('fail');
const THREE = () => runOf('fail', 'fail', 'fail');

async function file(gitHub: FakeGitHub, run: string, changes: Partial<FilingRequest> = {}) {
  const said: string[] = [];
  const { actions } = await fileIssues({
    run,
    repository: undefined,
    dryRun: false,
    environment: gitHub.environment,
    signal: new AbortController().signal,
    say: (line) => said.push(line),
    ...changes,
  });
  return { kinds: actions.map(({ kind }) => kind), actions, said };
}

describe('cvm results file-issues', { concurrent: true }, () => {
  it('opens an issue for what failed, once', async () => {
    await using gitHub = await FakeGitHub.start();
    const { kinds, said } = await file(gitHub, ONE());
    expect(kinds).toEqual(['open']);
    expect(said).toEqual([expect.stringMatching(/^opened #1: CVM-XX-100 fail /)]);
    expect(gitHub.issues).toMatchObject([{ labels: [LABEL, 'cvm-regression'], state: 'open' }]);
    expect((await file(gitHub, join(ONE(), 'result.json'))).kinds).toEqual([]);
    expect(gitHub.writes).toHaveLength(1);
  });

  it('sees its issues on every page, open and closed', async () => {
    await using gitHub = await FakeGitHub.start();
    await file(gitHub, ONE());
    Object.assign(gitHub.issues[0] ?? {}, { state: 'closed' });
    for (let count = 0; count < 250; count += 1) gitHub.add({ labels: [LABEL] });
    expect((await file(gitHub, ONE())).kinds).toEqual(['reopen']);
    expect(gitHub.issues[0]).toMatchObject({ state: 'open', state_reason: 'reopened' });
  });

  it('takes no pull request for an issue, and none without the label for ours', async () => {
    await using gitHub = await FakeGitHub.start();
    await file(gitHub, ONE());
    Object.assign(gitHub.issues[0] ?? {}, { pull_request: {} });
    expect((await file(gitHub, ONE())).kinds).toEqual(['open']);
    Object.assign(gitHub.issues[1] ?? {}, { labels: ['planted by somebody'] });
    expect((await file(gitHub, ONE())).kinds).toEqual(['open']);
  });

  it('changes nothing where it is to print what it would do', async () => {
    await using gitHub = await FakeGitHub.start();
    const { actions } = await file(gitHub, ONE(), { dryRun: true });
    expect(actions).toMatchObject([{ kind: 'open', issue: null }]);
    const { GITHUB_TOKEN: _, ...environment } = gitHub.environment;
    const { kinds, said } = await file(gitHub, ONE(), { dryRun: true, environment });
    expect(kinds).toEqual(['open']);
    expect(said).toEqual(['no GITHUB_TOKEN: issues that there are already are not looked at']);
    expect(gitHub.writes).toEqual([]);
  });

  it.each([
    {
      status: 429,
      headers: { 'retry-after': '1' },
      message: 'You exceeded a secondary rate limit',
    },
    { status: 403, headers: { 'retry-after': '1' }, message: 'You hit a secondary rate limit.' },
  ])('waits for a limit that is short: $status', async (limit) => {
    await using gitHub = await FakeGitHub.start();
    gitHub.faults.push({ method: 'POST', ...limit });
    const { kinds, said } = await file(gitHub, ONE());
    expect(kinds).toEqual(['open']);
    expect(said[0]).toBe('GitHub asks to wait 1 s');
    expect(gitHub.issues).toHaveLength(1);
  });

  it('tells of a limit that is long', async () => {
    await using gitHub = await FakeGitHub.start();
    const inAnHour = String(Math.floor(Date.now() / 1000) + 3600);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inAnHour };
    gitHub.faults.push({ method: 'GET', status: 403, headers, message: 'API rate limit exceeded' });
    const filing = file(gitHub, ONE());
    await expect(filing).rejects.toThrow(/asks to wait longer .* what it has done stays/);
    await expect(filing).rejects.toBeInstanceOf(InfraError);
  });

  it.each([true, false])(
    'makes one issue where GitHub fails after it was made: %j',
    async (isDone) => {
      await using gitHub = await FakeGitHub.start();
      gitHub.faults.push({ method: 'POST', status: 502, isDone });
      expect((await file(gitHub, ONE())).kinds).toEqual(['open']);
      expect(gitHub.issues).toHaveLength(1);
      expect(gitHub.writes).toHaveLength(isDone ? 1 : 2);
    },
  );

  it('asks again where GitHub fails to list or to change', async () => {
    await using gitHub = await FakeGitHub.start();
    await file(gitHub, ONE());
    Object.assign(gitHub.issues[0] ?? {}, { state: 'closed' });
    gitHub.faults.push({ method: 'GET', status: 503 }, { method: 'PATCH', status: 500 });
    expect((await file(gitHub, ONE())).kinds).toEqual(['reopen']);
  });

  it('goes on where an earlier one ended', async () => {
    await using gitHub = await FakeGitHub.start();
    const lost = new AbortController();
    const say = (line: string) => line.startsWith('opened #1') && lost.abort(new Error('lost'));
    await expect(file(gitHub, THREE(), { signal: lost.signal, say })).rejects.toThrow('lost');
    expect(gitHub.issues).toHaveLength(1);
    expect((await file(gitHub, THREE())).kinds).toEqual(['open', 'open']);
    expect((await file(gitHub, THREE())).kinds).toEqual([]);
    expect(new Set(gitHub.issues.map(({ title }) => title)).size).toBe(3);
  });

  it.each([
    [
      401,
      EnvironmentError,
      /does not let this token work on the issues of some\/where; set GITHUB_TOKEN/,
    ],
    [403, EnvironmentError, /whose only permission is "Issues: read and write"/],
    [404, UsageError, /^GitHub knows no some\/where that this token may see$/],
    [410, EnvironmentError, /some\/where has no issues/],
    [422, InfraError, /^GitHub failed with 422/],
  ])('says what a %i means', async (status, type, message) => {
    await using gitHub = await FakeGitHub.start();
    gitHub.faults.push({ method: 'GET', status });
    const filing = file(gitHub, ONE());
    await expect(filing).rejects.toBeInstanceOf(type);
    await expect(filing).rejects.toThrow(message);
  });

  it.each([
    [{ GITHUB_TOKEN: undefined }, 'GITHUB_TOKEN is not set; set it to a token'],
    [{ GITHUB_REPOSITORY: undefined }, 'name a repository: --repo OWNER/NAME'],
    [{ GITHUB_REPOSITORY: 'a/b/c' }, '"a/b/c" is no repository; expected OWNER/NAME'],
    [{ GITHUB_API_URL: 'http://api.github.com' }, 'expected an https URL'],
  ])('asks for what is missing: %j', async (changes, message) => {
    await using gitHub = await FakeGitHub.start();
    const environment = { ...gitHub.environment, ...changes };
    await expect(file(gitHub, ONE(), { environment })).rejects.toThrow(message);
    expect(gitHub.writes).toEqual([]);
  });

  it('refuses what is no result', async () => {
    await using gitHub = await FakeGitHub.start();
    const path = join(folder, 'other.json');
    await writeFile(path, JSON.stringify({ schemaVersion: 2 }));
    await expect(file(gitHub, path)).rejects.toThrow(
      `${path}: at 0x0: expected the result of a run, schema version 1, found schemaVersion: `,
    );
    await expect(file(gitHub, join(folder, 'none-such'))).rejects.toBeInstanceOf(UsageError);
  });
});

describe('the command', { concurrent: true }, () => {
  const cvm = (gitHub: FakeGitHub, ...args: readonly string[]) =>
    execa(process.execPath, [MAIN, 'results', 'file-issues', ...args], {
      env: gitHub.environment,
      reject: false,
      timeout: 30_000,
    });

  it('prints one JSON document', async () => {
    await using gitHub = await FakeGitHub.start();
    const { exitCode, stdout } = await cvm(gitHub, ONE(), '--dry-run', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, actions: [{ kind: 'open' }] });
  });

  it('files, and says so', async () => {
    await using gitHub = await FakeGitHub.start();
    const { exitCode, stdout } = await cvm(gitHub, ONE(), '--repo', 'some/where');
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^opened #1: CVM-XX-100 fail/)]);
    const again = await cvm(gitHub, ONE());
    expect([again.exitCode, again.stdout]).toEqual([
      0,
      'nothing to file: the issues say all of it',
    ]);
  });

  it('ends at once where it is interrupted while it waits for a limit', async () => {
    await using gitHub = await FakeGitHub.start();
    const limit = {
      status: 429,
      headers: { 'retry-after': '60' },
      message: 'secondary rate limit',
    };
    gitHub.faults.push({ method: 'GET', ...limit });
    const filing = cvm(gitHub, ONE());
    await once(filing.stderr, 'data');
    filing.kill('SIGINT');
    const { exitCode, stderr, durationMs } = await filing;
    expect([exitCode, stderr]).toEqual([130, 'cvm: GitHub asks to wait 60 s']);
    expect(durationMs).toBeLessThan(30_000);
  });
});
