import { appendFile, mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { GoalResult } from './goal.ts';
import type { Result } from './job.ts';

/** Where and when a run of all jobs was. */
export type Occasion = {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly node: string;
  readonly cores: number;
};

/** This run's occasion. */
export function thisOccasion(): Occasion {
  return {
    at: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
  };
}

/** A result as one line of JSON, without line feed. */
export function historyLine({ job, outcome }: Result, occasion: Occasion): string {
  return JSON.stringify({ ...occasion, job: job.name, ...outcome }, rounded);
}

/** A goal as one line of JSON, without line feed. */
export function goalLine({ goal, outcome }: GoalResult, occasion: Occasion): string {
  const { name, unit, atMost } = goal;
  return JSON.stringify({ ...occasion, goal: name, unit, atMost, ...outcome }, rounded);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}

/** Adds lines to a history, which is made where it is not there. */
export async function appendHistory(path: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, lines.map((line) => `${line}\n`).join(''));
}
