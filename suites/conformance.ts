import { test as base, inject } from 'vitest';
import { printable } from '../harness/bytes/format-error.ts';
import { DOSSIER_INDEX } from '../harness/evidence/dossier.ts';
import type { Finding } from '../harness/judge/finding.ts';
import type { Judgement } from '../harness/judge/judgement.ts';
import { Boots, type ConformanceBoot } from './boots.ts';
import { isVerdict } from './is-verdict.ts';
import type { Requirement } from './requirements/requirement.ts';
import { dossierOf } from './setting.ts';

/** The deadlines of boot stages end a test that hangs, and name the stage; this one is behind them. */
const TEST_MS = 1_800_000;

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
      await record(task.meta, id, machine, async () => {
        const boot = await boots.of(machine, signal);
        return { boot, judgements: judge(boot) };
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
    await record(task.meta, id, machines.twin, async () => {
      const boot = await boots.of(machines.boot, signal);
      const twin = await boots.of(machines.twin, signal);
      return { boot: twin, judgements: judge(boot, twin) };
    });
  });
}

/** What a test keeps for the run's result; plain data, because it crosses from the worker. */
type Meta = { requirement?: string; findings?: readonly Finding[] };

type Judged = { readonly boot: ConformanceBoot; readonly judgements: readonly Judgement[] };

/** Turns what a test sees into findings, and fails the test where one of them is no pass. */
async function record(
  meta: Meta,
  id: RequirementId,
  machine: string,
  run: () => Promise<Judged>,
): Promise<void> {
  meta.requirement = id;
  const about = {
    requirement: id,
    machine,
    reproduce: `npm run conformance -- --requirement ${id}`,
  };
  const findings = await run().then(
    ({ boot, judgements }) =>
      (judgements.length === 0 ? [NOTHING_JUDGED] : judgements).map(
        ({ file, state, ...judgement }) => ({
          ...about,
          ...judgement,
          state: state === 'pass' && boot.flaky ? ('flaky' as const) : state,
          evidence: `${dossierOf(machine)}/${file}`,
        }),
      ),
    (error: unknown) => [{ ...about, ...findingOfError(error, machine) }],
  );
  meta.findings = findings;
  const bad = findings.find(({ state }) => state !== 'pass');
  if (bad !== undefined) throw new Error(`${bad.state}: ${bad.sentence}`);
}

/** A test that judges nothing proves nothing. */
const NOTHING_JUDGED: Judgement = {
  state: 'vacuous',
  sentence: 'the test made no judgement',
  expected: 'a judgement',
  observed: 'none',
  witness: 'host file',
  file: DOSSIER_INDEX,
};

/** A boot that did not come up: the image's doing, unless a tool of the harness broke. */
function findingOfError(error: unknown, machine: string) {
  const message = error instanceof Error ? printable(error.message) : 'an unknown error';
  return {
    state: isVerdict(error) ? ('fail' as const) : ('error' as const),
    sentence: message,
    expected: 'a boot whose evidence can be judged',
    observed: message,
    witness: 'console' as const,
    evidence: `${dossierOf(machine)}/console.log`,
  };
}
