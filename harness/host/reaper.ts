import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { waitFor } from './deadline.ts';
import { InfraError } from './errors.ts';
import type { ReaperOrder, ReaperTarget } from './reaper-target.ts';

const PROGRAM = fileURLToPath(new URL('reaper-process.ts', import.meta.url));

/** Every child carries this variable, so that one started a moment before a SIGKILL is found too. */
const MARK = 'CVM_HARNESS';

/** How long a reaper that was told that all is over may take to end. */
const END_MS = 10_000;

type ReaperProcess = ReturnType<typeof spawnReaper>;

/**
 * A detached process that holds the end of a pipe. When the harness dies, be it by SIGKILL, the
 * pipe ends, and the reaper kills the process groups and removes the directories that are still
 * registered. One per harness process.
 */
export class Reaper implements AsyncDisposable {
  /** The environment variable that every child must be started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #process: ReaperProcess;

  private constructor(process: ReaperProcess, mark: string) {
    this.#process = process;
    this.environment = { [MARK]: mark };
  }

  /** Starts the reaper; nothing may be started before. */
  static start(): Reaper {
    const mark = randomUUID();
    return new Reaper(spawnReaper(mark), mark);
  }

  /**
   * Watches a process group or a directory. The reaper knows of it when the promise resolves.
   *
   * @returns dispose of it once the target is gone
   * @throws InfraError where the reaper is dead
   */
  async watch(target: ReaperTarget): Promise<AsyncDisposable> {
    await this.#send({ order: 'watch', target });
    return { [Symbol.asyncDispose]: () => this.#send({ order: 'forget', target }) };
  }

  /** Ends the reaper, which first clears away what is still registered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await waitFor({ name: 'end of the reaper', deadlineMs: END_MS }, () => this.#process);
  }

  #send(order: ReaperOrder): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#process.stdin.write(`${JSON.stringify(order)}\n`, (error) => {
        if (error == null) resolve();
        else reject(new InfraError({ tool: 'reaper', problem: `is gone: ${error.message}` }));
      });
    });
  }
}

function spawnReaper(mark: string) {
  const child = execa(process.execPath, [PROGRAM, `${MARK}=${mark}`], {
    // A session of its own: neither Ctrl-C nor a closing terminal reaches it.
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
    // A harness that was itself started by a harness hands on a mark that is not its own.
    env: { [MARK]: undefined },
  });
  child.nodeChildProcess.unref();
  // Neither the process nor the pipe may keep a harness alive that has nothing else to do. A broken
  // pipe is told to whoever writes next.
  const { stdin } = child;
  stdin.on('error', () => undefined);
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return child;
}
