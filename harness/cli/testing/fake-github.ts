import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An issue as the REST API shows it. */
type StoredIssue = {
  readonly number: number;
  state: string;
  state_reason: string | null;
  title: string;
  body: string;
  labels: readonly string[];
  pull_request?: object;
};

/** An answer that GitHub gives instead of the usual one. */
export type Fault = {
  /** The first request with this method gets it; then it is used up. */
  readonly method: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  /** Whether the request is done all the same. */
  readonly isDone?: boolean;
};

const TOKEN = 'a-token-for-tests';

/** The part of GitHub's REST API that issues need, on the loopback interface. */
export class FakeGitHub implements AsyncDisposable {
  readonly issues: StoredIssue[] = [];
  readonly faults: Fault[] = [];
  /** Requests that would change something, in order. */
  readonly writes: string[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async start(): Promise<FakeGitHub> {
    const fake = new FakeGitHub();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  /** Variables as GitHub Actions sets them for a job. */
  get environment() {
    const { port } = this.#server.address() as AddressInfo;
    return {
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_REPOSITORY: 'some/where',
      GITHUB_TOKEN: TOKEN,
    };
  }

  /** Issues with a state, for a comparison. */
  inState(state: 'open' | 'closed'): readonly number[] {
    return this.issues.filter((issue) => issue.state === state).map(({ number }) => number);
  }

  add(issue: Partial<StoredIssue>): void {
    const number = this.issues.length + 1;
    const usual = { state: 'open', state_reason: null, title: '', body: '', labels: [] };
    this.issues.push({ ...usual, ...issue, number });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await textOf(request)) || '{}');
    const { method = '', url = '' } = request;
    if (method !== 'GET') this.writes.push(`${method} ${url}`);
    const fault = this.#faultFor(method);
    if (fault === undefined || fault.isDone === true) {
      const { status, headers, data } = this.#usual(request, body);
      if (fault === undefined) return send(response, status, headers, data);
    }
    send(response, fault.status, fault.headers, { message: fault.message ?? 'a fault' });
  }

  #faultFor(method: string): Fault | undefined {
    const index = this.faults.findIndex((fault) => fault.method === method);
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }

  #usual(request: IncomingMessage, body: Partial<StoredIssue>) {
    if (request.headers.authorization !== `token ${TOKEN}`) return answer(401, {});
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://fake');
    const [, number] = /^\/repos\/some\/where\/issues(?:\/(\d+))?$/.exec(pathname) ?? [];
    if (request.method === 'GET' && number === undefined) return this.#list(request, searchParams);
    if (request.method === 'POST' && number === undefined) {
      this.add(body);
      return answer(201, this.issues.at(-1) ?? {});
    }
    const issue = this.issues.find((one) => String(one.number) === number);
    if (request.method !== 'PATCH' || issue === undefined) return answer(404, {});
    Object.assign(issue, body);
    return answer(200, issue);
  }

  /** One page; newest first, as GitHub has it. */
  #list(request: IncomingMessage, parameters: URLSearchParams) {
    const label = parameters.get('labels') ?? '';
    const size = Number(parameters.get('per_page') ?? 30);
    const page = Number(parameters.get('page') ?? 1);
    const all = this.issues
      .filter(({ labels, state }) => {
        const wanted = parameters.get('state') ?? 'open';
        return labels.includes(label) && (wanted === 'all' || state === wanted);
      })
      .toReversed();
    const next = new URL(request.url ?? '', this.environment.GITHUB_API_URL);
    next.searchParams.set('page', String(page + 1));
    const headers: Record<string, string> =
      all.length > page * size ? { link: `<${next}>; rel="next"` } : {};
    return { ...answer(200, all.slice((page - 1) * size, page * size)), headers };
  }
}

function answer(status: number, data: unknown) {
  return { status, data, headers: {} as Record<string, string> };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  data: unknown = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(data));
}
