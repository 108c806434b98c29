import { test as base, inject } from 'vitest';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { record, TEST_MS } from '../record.ts';
import type { LaunchMeasurementRequirement } from '../requirements/launch-measurement.ts';
import { Stock } from '../stock.ts';
import { notOnThisHost } from './not-on-this-host.ts';
import { LAUNCH_DIRECTORY, LAUNCH_FILES, SnpGuests } from './snp-guests.ts';
import { snpMachine } from './snp-machine.ts';

const setting = inject('setting');

/** What executes guests, and what the host lacks for the suite's. */
export const { accelerator, missingForSnp: missing } = setting;

/** The suite's guest. */
export const guest = await snpMachine(new Stock(setting.stock));
const { machine } = guest;

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('guests', { scope: 'worker' }, ({}, { onCleanup }) => {
  const guests = new SnpGuests(setting, guest);
  onCleanup(() => guests[Symbol.asyncDispose]());
  return guests;
});

/** What a test looks at. */
export type Look = (guests: SnpGuests, signal: AbortSignal) => Promise<readonly Judgement[]>;

/** A requirement on the launch of the suite's machine. */
export function launch(id: LaunchMeasurementRequirement, title: string, look: Look): void {
  test(`${id} ${machine.name}: ${title}`, { timeout: TEST_MS }, async ({
    guests,
    task,
    signal,
  }) => {
    await record(task.meta, id, machine.name, LAUNCH_DIRECTORY, async () => {
      return { flaky: false, judgements: await look(guests, signal) };
    });
  });
}

/** A requirement that only a host with SEV-SNP shows; skipped on any other, with what it lacks. */
export function onHardware(id: LaunchMeasurementRequirement, title: string, look: Look): void {
  launch(id, title, async (guests, signal) => {
    if (missing.length === 0) return await look(guests, signal);
    await guests.keep(LAUNCH_FILES.missing, missing.map((line) => `${line}\n`).join(''));
    return [notOnThisHost(title, missing, LAUNCH_FILES.missing)];
  });
}
