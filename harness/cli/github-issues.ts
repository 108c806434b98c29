import pRetry from 'p-retry';
import { type Action, type Issue, LABEL } from '../report/issues/issue.ts';
import type { GitHubClient } from './github-client.ts';
import { gitHubError } from './github-error.ts';

/** A request that may have been done is made so many times more, after looking whether it was. */
const RETRIES = 3;

/** Pause before the first of them, in milliseconds. */
const FIRST_PAUSE_MS = 1000;

/** The issues of one repository on GitHub. */
export class GitHubIssues {
  readonly #client: GitHubClient;
  readonly #repository: { readonly owner: string; readonly repo: string };
  readonly #signal: AbortSignal;

  /** @param repository `owner/name` */
  constructor(client: GitHubClient, repository: string, signal: AbortSignal) {
    const [owner = '', repo = ''] = repository.split('/');
    this.#client = client;
    this.#repository = { owner, repo };
    this.#signal = signal;
  }

  /**
   * All issues with our label, open and closed.
   *
   * @throws what {@link gitHubError} makes of a failure
   */
  async list(): Promise<readonly Issue[]> {
    const entries = await this.#ask(() =>
      this.#client.paginate('GET /repos/{owner}/{repo}/issues', {
        ...this.#repository,
        labels: LABEL,
        state: 'all',
        per_page: 100,
      }),
    );
    return entries
      .filter((entry) => entry.pull_request === undefined)
      .map(({ number, state, title, body }) => ({
        number,
        state: state === 'closed' ? 'closed' : 'open',
        title,
        body: body ?? '',
      }));
  }

  /**
   * Does what is planned.
   *
   * @returns number of the issue
   * @throws what {@link gitHubError} makes of a failure
   */
  async do(action: Action): Promise<number> {
    if (action.kind === 'open') return this.#open(action);
    const { number, body } = action;
    await this.#ask(() =>
      this.#client.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
        ...this.#repository,
        issue_number: number,
        body,
        ...STATES[action.kind],
      }),
    );
    return number;
  }

  /** A failure may come after the issue was made: then it is found, and no second one is made. */
  #open({ title, body, labels }: Extract<Action, { kind: 'open' }>): Promise<number> {
    const open = async (attempt: number): Promise<number> => {
      const made = attempt === 1 ? undefined : await this.#find(body);
      if (made !== undefined) return made;
      const { data } = await this.#client.request('POST /repos/{owner}/{repo}/issues', {
        ...this.#repository,
        title,
        body,
        labels: [...labels],
        request: { retries: 0 },
      });
      return data.number;
    };
    return this.#ask(() =>
      pRetry(open, {
        retries: RETRIES,
        minTimeout: FIRST_PAUSE_MS,
        signal: this.#signal,
        shouldRetry: ({ error }) => 'status' in error && Number(error.status) >= 500,
      }),
    );
  }

  async #find(body: string): Promise<number | undefined> {
    const [marker] = body.split('\n', 1);
    const issues = await this.list();
    return issues.find((issue) => issue.body.split(/\r?\n/, 1)[0] === marker)?.number;
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      this.#signal.throwIfAborted();
      const { owner, repo } = this.#repository;
      throw gitHubError(`${owner}/${repo}`, error);
    }
  }
}

const STATES = {
  update: {},
  reopen: { state: 'open', state_reason: 'reopened' },
  close: { state: 'closed', state_reason: 'completed' },
  duplicate: { state: 'closed', state_reason: 'not_planned' },
} as const;
