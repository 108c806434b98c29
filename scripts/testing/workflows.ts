import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '..', '..', '.github', 'workflows');

/** A step of a job. */
export type Step = {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
};

/** A job of a workflow, as far as tests look at it. */
export type Job = {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
};

/** A workflow of GitHub Actions. */
export type Workflow = {
  readonly file: string;
  readonly text: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
};

/** Reads the project's workflows, in the order of their files' names. */
export async function readWorkflows(): Promise<readonly Workflow[]> {
  const files = (await readdir(FOLDER)).toSorted();
  return await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(FOLDER, file), 'utf8');
      return { ...(parse(text) as Omit<Workflow, 'file' | 'text'>), file, text };
    }),
  );
}

/** All jobs, with the name that tests have for each. */
export function jobsOf(workflows: readonly Workflow[]) {
  return workflows.flatMap(({ file, jobs }) =>
    Object.entries(jobs).map(([name, job]) => ({ name: `${file} ${name}`, job })),
  );
}

/** The steps that are scripts, each with its job's name. */
export function scriptsOf(workflows: readonly Workflow[]) {
  return jobsOf(workflows).flatMap(({ name, job }) =>
    job.steps.flatMap(({ name: step, run }) => (run === undefined ? [] : [{ name, step, run }])),
  );
}
