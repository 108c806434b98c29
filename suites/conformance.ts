import { test as base, inject } from 'vitest';
import type { Judgement } from '../harness/judge/judgement.ts';
import { Boots, type ConformanceBoot } from './boots.ts';
import { record, TEST_MS } from './record.ts';
import type { Requirement } from './requirements/requirement.ts';
import { dossierOf } from './setting.ts';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('boots', { scope: 'worker' }, ({}, { onCleanup }) => {
  const boots = new Boots(inject('setting'));
  onCleanup(() => boots[Symbol.asyncDispose]());
  return boots;
});

type RequirementId = Requirement['id'];

/**
 * A requirement, judged on the boots of machines: one test for each.
 *
 * @param id the requirement that it answers
 * @param title what must hold
 * @param machines names of the machines that are booted
 * @param judge pure; what it says of a boot becomes the findings
 */
export function conformance(
  id: RequirementId,
  title: string,
  machines: readonly string[],
  judge: (boot: ConformanceBoot) => readonly Judgement[],
): void {
  for (const machine of machines) {
    test(`${id} ${machine}: ${title}`, { timeout: TEST_MS }, async ({ boots, task, signal }) => {
      await record(task.meta, id, machine, dossierOf(machine), async () => {
        const boot = await boots.of(machine, signal);
        return { flaky: boot.flaky, judgements: judge(boot) };
      });
    });
  }
}

/**
 * A requirement, judged on a boot and its twin, which differs from it in one thing.
 *
 * @param machines names of the machine and of its twin
 */
export function twins(
  id: RequirementId,
  title: string,
  machines: { readonly boot: string; readonly twin: string },
  judge: (boot: ConformanceBoot, twin: ConformanceBoot) => readonly Judgement[],
): void {
  test(`${id} ${machines.twin}: ${title}`, { timeout: TEST_MS }, async ({
    boots,
    task,
    signal,
  }) => {
    await record(task.meta, id, machines.twin, dossierOf(machines.twin), async () => {
      const boot = await boots.of(machines.boot, signal);
      const twin = await boots.of(machines.twin, signal);
      return { flaky: twin.flaky, judgements: judge(boot, twin) };
    });
  });
}
