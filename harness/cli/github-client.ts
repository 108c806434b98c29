import { Octokit } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';

const Client = Octokit.plugin(paginateRest, retry, throttling);

/** A client of GitHub's REST API that keeps to its limits and asks again where it stumbled. */
export type GitHubClient = InstanceType<typeof Client>;

/** One attempt at a request; GitHub itself gives up after ten seconds. */
const ATTEMPT_MS = 30_000;

/** A limit that lasts longer is told, and not waited for. */
const LONGEST_WAIT_SECONDS = 120;

/** A limit that is met again after so many waits is told. */
const MOST_WAITS = 3;

/** How a client is made. */
export type ClientOptions = {
  /** Root of the REST API, e.g. `https://api.github.com`. */
  readonly api: string;
  /** `undefined` for what anybody may read. */
  readonly token: string | undefined;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Says that GitHub asks to wait. */
  readonly onWait: (seconds: number) => void;
};

/**
 * A client of GitHub's REST API. Requests that GitHub fails with 5xx, or does not answer, are made four times;
 * limits of its rate are waited for where that is two minutes at most.
 */
export function gitHubClient({ api, token, signal, onWait }: ClientOptions): GitHubClient {
  const isWorthIt = (seconds: number, _: unknown, __: unknown, waits: number): boolean => {
    if (signal.aborted || seconds > LONGEST_WAIT_SECONDS || waits >= MOST_WAITS) return false;
    onWait(seconds);
    return true;
  };
  return new Client({
    baseUrl: api.replace(/\/$/, ''),
    ...(token === undefined ? {} : { auth: token }),
    userAgent: 'cvm-conformance',
    log: SILENT,
    request: { fetch: fetchWithin(signal) },
    retry: { doNotRetry: FINAL },
    throttle: { id: api, onRateLimit: isWorthIt, onSecondaryRateLimit: isWorthIt },
  });
}

/** Answers that stay the same however often one asks; 403 and 429 may be limits, which are waited for. */
const FINAL = [400, 401, 403, 404, 410, 422, 429, 451];

/** What goes wrong is thrown; the client's own words on it are not for users. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

function fetchWithin(signal: AbortSignal): typeof fetch {
  return (input, init) =>
    fetch(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]) });
}
