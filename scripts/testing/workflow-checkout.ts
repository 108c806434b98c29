import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import type { Workflow } from './workflows.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a checkout has, as far as steps use it. */
const PARTS = ['scripts', 'harness', 'suites', 'node_modules', 'package.json'];

/** Does what it is told as this user; with SAY it only says what it was told, and on what input. */
const SUDO = `#!/bin/sh
[ -n "$SAY" ] || exec "$@"
echo "$*" >>"$SAY"
[ "$1" != tee ] || cat >>"$SAY"
[ "$1" != scripts/cvm ] || exit "$CODE"
exit 0
`;

/** A checkout of the project in which steps of workflows are run as a runner does. */
export class WorkflowCheckout {
  readonly #workflows: readonly Workflow[];
  readonly #folder: string;
  readonly #ran = new Set<string>();

  private constructor(workflows: readonly Workflow[], folder: string) {
    this.#workflows = workflows;
    this.#folder = folder;
  }

  static async make(workflows: readonly Workflow[]): Promise<WorkflowCheckout> {
    const { path } = await dir({ prefix: 'cvm-test-' });
    const checkout = new WorkflowCheckout(workflows, path);
    for (const name of PARTS) await symlink(join(ROOT, name), checkout.at(name));
    await mkdir(checkout.at('bin'));
    await writeFile(checkout.at('bin', 'sudo'), SUDO);
    await chmod(checkout.at('bin', 'sudo'), 0o755);
    return checkout;
  }

  /** A path in the checkout. */
  at(...names: readonly string[]): string {
    return join(this.#folder, ...names);
  }

  /** The steps that were run, each once, as `FILE JOB: STEP`. */
  get ran(): ReadonlySet<string> {
    return this.#ran;
  }

  /** Runs a step in bash with -e. */
  async step(
    file: string,
    job: string,
    name: string,
    environment: Readonly<Record<string, string>> = {},
  ) {
    const workflow = this.#workflows.find((one) => one.file === file);
    const found = workflow?.jobs[job]?.steps.find((one) => one.name === name);
    if (found?.run === undefined) throw new TypeError(`${file} ${job} has no step ${name}`);
    this.#ran.add(`${file} ${job}: ${name}`);
    await writeFile(this.at('output'), '');
    await writeFile(this.at('summary'), '');
    const done = await execa('bash', ['-e', '-o', 'pipefail', '-c', found.run], {
      cwd: this.#folder,
      reject: false,
      env: {
        PATH: `${this.at('bin')}:${process.env['PATH']}`,
        USER: String(process.getuid?.()),
        GITHUB_OUTPUT: this.at('output'),
        GITHUB_STEP_SUMMARY: this.at('summary'),
        ...environment,
      },
    });
    return { exitCode: done.exitCode, stderr: done.stderr, stdout: done.stdout };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
