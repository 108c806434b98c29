import { printable } from '../bytes/format-error.ts';
import { waitFor } from '../host/deadline.ts';
import { EnvironmentError, UsageError } from '../host/errors.ts';
import type { Action, Issue } from '../report/issues/issue.ts';
import { planIssues } from '../report/issues/plan-issues.ts';
import { gitHubClient } from './github-client.ts';
import { GitHubIssues } from './github-issues.ts';
import { readResult } from './result-file.ts';

/** GitHub takes an issue every three seconds, and its limits may be waited for several times. */
const FILING_MS = 1_800_000;

/** What is filed where. */
export type FilingRequest = {
  /** Folder of a run, or its `result.json`. */
  readonly run: string;
  /** `owner/name`. */
  readonly repository: string | undefined;
  readonly dryRun: boolean;
  /** Variables as GitHub Actions sets them: `GITHUB_TOKEN`, `GITHUB_REPOSITORY` and others. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Says what is being done. */
  readonly say: (line: string) => void;
};

/** What `cvm results file-issues --json` prints. */
export type FilingReport = {
  readonly dryRun: boolean;
  /** What was done, or would be; an issue that would be opened has no number. */
  readonly actions: readonly (Action & { readonly issue: number | null })[];
};

/**
 * Tells a repository on GitHub of a run: see {@link planIssues}.
 *
 * @throws UsageError where no repository is named, or there is none by that name; FormatError where the run's
 *   result cannot be read; EnvironmentError where the token is missing, or may not write issues; InfraError
 *   where GitHub fails for longer than it is waited for; StageTimeout where all of it takes half an hour
 */
export async function fileIssues(request: FilingRequest): Promise<FilingReport> {
  const { environment, dryRun, signal, say } = request;
  const result = await readResult(request.run);
  const repository = repositoryOf(request);
  const token = tokenOf(request);
  const api = apiOf(environment);
  const onWait = (seconds: number) => say(`GitHub asks to wait ${seconds} s`);
  const client = gitHubClient({ api, token, signal, onWait });
  const tracker = new GitHubIssues(client, repository, signal);
  const wait = { name: `issues of ${repository}`, deadlineMs: FILING_MS, signal };
  return await waitFor(wait, async () => {
    const actions = planIssues(result, await known(request, token, tracker), pageOf(environment));
    if (dryRun)
      return { dryRun, actions: actions.map((action) => ({ ...action, issue: numberOf(action) })) };
    const done: FilingReport['actions'][number][] = [];
    for (const action of actions) {
      signal.throwIfAborted();
      const issue = await tracker.do(action);
      say(`${WORDS[action.kind].done} #${issue}: ${printable(action.title)}`);
      done.push({ ...action, issue });
    }
    return { dryRun, actions: done };
  });
}

/** Without a token, nothing is known of a tracker: all is printed as if it were empty. */
async function known(
  { dryRun, say }: FilingRequest,
  token: string | undefined,
  tracker: GitHubIssues,
): Promise<readonly Issue[]> {
  if (!dryRun || token !== undefined) return tracker.list();
  say('no GITHUB_TOKEN: issues that there are already are not looked at');
  return [];
}

/** What was done for people: a line for each issue, and its text where it was not sent. */
export function renderFiling({ dryRun, actions }: FilingReport): string {
  if (actions.length === 0) return 'nothing to file: the issues say all of it\n';
  return actions.map((action) => lineOf(action, dryRun)).join('');
}

function lineOf(action: FilingReport['actions'][number], dryRun: boolean): string {
  const number = action.issue === null ? '' : ` #${action.issue}`;
  const words = WORDS[action.kind];
  const line = `${dryRun ? words.would : words.done}${number}: ${printable(action.title)}\n`;
  if (!dryRun || action.kind === 'duplicate') return line;
  const text = action.body.split('\n').map((one) => `    ${printable(one)}\n`);
  return [line, ...text, '\n'].join('');
}

const WORDS: Readonly<Record<Action['kind'], { readonly done: string; readonly would: string }>> = {
  open: { done: 'opened', would: 'would open' },
  update: { done: 'updated', would: 'would update' },
  reopen: { done: 'reopened', would: 'would reopen' },
  close: { done: 'closed', would: 'would close' },
  duplicate: {
    done: 'closed, there is an older one,',
    would: 'would close, there is an older one,',
  },
};

function numberOf(action: Action): number | null {
  return action.kind === 'open' ? null : action.number;
}

function repositoryOf({ repository, environment }: FilingRequest): string {
  const name = repository ?? environment['GITHUB_REPOSITORY'];
  if (name === undefined) throw new UsageError('name a repository: --repo OWNER/NAME');
  if (/^[\w.-]+\/[\w.-]+$/.test(name)) return name;
  throw new UsageError(`"${name}" is no repository; expected OWNER/NAME`);
}

function tokenOf({ environment, dryRun }: FilingRequest): string | undefined {
  const token = environment['GITHUB_TOKEN'] || undefined;
  if (token !== undefined || dryRun) return token;
  throw new EnvironmentError({
    missing: 'GITHUB_TOKEN is not set',
    remedy: 'set it to a token whose only permission is "Issues: read and write", or add --dry-run',
  });
}

/** The token goes to no place that everybody on the way can read. */
function apiOf(environment: FilingRequest['environment']): string {
  const api = environment['GITHUB_API_URL'] || 'https://api.github.com';
  const url = URL.parse(api);
  const isLoopback = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return api;
  throw new UsageError(`GITHUB_API_URL is "${api}"; expected an https URL`);
}

/** The page of the workflow's run, where this is one. */
function pageOf(environment: FilingRequest['environment']): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_RUN_ID: id } = environment;
  return server && name && id ? `${server}/${name}/actions/runs/${id}` : undefined;
}
