import { inject } from 'vitest';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { notOnThisHost } from '../launch-measurement/not-on-this-host.ts';
import { LAUNCH_DIRECTORY, LAUNCH_FILES, SnpGuests } from '../launch-measurement/snp-guests.ts';
import { snpMachine } from '../launch-measurement/snp-machine.ts';
import { record, TEST_MS } from '../record.ts';
import type { Requirement } from '../requirements/requirement.ts';
import { Stock } from '../stock.ts';
import { test as base, needing } from '../suite-test.ts';
import type { Attestation } from './attestation.ts';
import { AttestedGuests, attestationOf } from './attested-guests.ts';

const test = base.extend('guests', { scope: 'worker' }, ({ boots }, { onCleanup }) => {
  const guests = new AttestedGuests(inject('setting'), boots);
  onCleanup(() => guests[Symbol.asyncDispose]());
  return guests;
});

/** What stands in for an SNP host in the project's own tests; it is no verdict on an image. */
const RECORDED =
  'what real processors and their vTPMs have signed is verified together by `cvm quote verify --report` (harness/cli/quote.test.ts)';

/**
 * A requirement that only a host with SEV-SNP shows; skipped on any other, with what it lacks.
 *
 * @param look has guests do something, and judges it
 */
export function onSnpHost(
  id: Requirement['id'],
  title: string,
  look: (guests: SnpGuests, machine: Machine, signal: AbortSignal) => Promise<readonly Judgement[]>,
): void {
  test(`${id} snp-guest: ${title}`, { timeout: TEST_MS }, async ({ task, signal }) => {
    const setting = inject('setting');
    const guest = await snpMachine(new Stock(setting.stock));
    await record(task.meta, id, guest.machine.name, LAUNCH_DIRECTORY, async () => {
      await using guests = new SnpGuests(setting, guest);
      const { missingForSnp: missing } = setting;
      if (missing.length === 0) {
        return { flaky: false, judgements: await look(guests, guest.machine, signal) };
      }
      await guests.keep(LAUNCH_FILES.missing, missing.map((line) => `${line}\n`).join(''));
      const skipped = notOnThisHost(title, missing, LAUNCH_FILES.missing, RECORDED);
      return { flaky: false, judgements: [skipped] };
    });
  });
}

/**
 * A requirement, judged on what the guests of machines handed over to a verifier: one test for each.
 *
 * @param machines names of the machines
 * @param judge pure; what it says becomes the findings
 */
export function attested(
  id: Requirement['id'],
  title: string,
  machines: readonly string[],
  judge: (attestation: Attestation) => readonly Judgement[],
): void {
  for (const machine of machines) {
    test(
      `${id} ${machine}: ${title}`,
      needing(`attestation of ${machine}`),
      async ({ guests, task, signal }) => {
        await record(task.meta, id, machine, attestationOf(machine), async () => {
          return { flaky: false, judgements: judge(await guests.of(machine, signal)) };
        });
      },
    );
  }
}
