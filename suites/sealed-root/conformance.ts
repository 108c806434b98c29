import { inject } from 'vitest';
import { judgeOpened, judgeRefused } from '../../harness/judge/judge-sealed-volume.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { SealedBootEvidence } from '../../harness/judge/sealed-boot.ts';
import { VM_LOGS } from '../../harness/vm/vm-run.ts';
import { record } from '../record.ts';
import type { Requirement } from '../requirements/requirement.ts';
import { admission, test as base, needing } from '../suite-test.ts';
import { SEALED_MACHINES, type SealedMachine } from './machines.ts';
import { GENUINE, type SealedBoot, SealedBoots, sealedBootOf } from './sealed-boots.ts';
import type { SealedInputs } from './sealed-inputs.ts';
import { volumeOf } from './sealed-volume.ts';
import { unlockTimes } from './unlock-times.ts';
import type { VolumeName } from './volumes.ts';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('sealed', { scope: 'worker' }, ({}, { onCleanup }) => {
  const sealed = new SealedBoots(inject('setting'), admission);
  onCleanup(() => sealed[Symbol.asyncDispose]());
  return sealed;
});

/** What a requirement judges. */
export type SealedRun = {
  readonly boot: SealedBoot;
  readonly evidence: SealedBootEvidence;
  readonly genuine: SealedBoot;
  /** The boot that a refusal is held against. */
  readonly twin: SealedBoot;
  readonly inputs: SealedInputs;
};

/** What more there is to a requirement. */
type Extra = {
  /** The machine whose boot a refusal is held against; the genuine one, if not given. */
  readonly twinOf?: SealedMachine;
  /** Whether the result has the time that the boot took. */
  readonly isTimed?: true;
};

/** A requirement, judged on the boot of a machine, on the genuine one, and on a twin. */
export function sealed(
  id: Requirement['id'],
  title: string,
  machine: SealedMachine,
  judge: (run: SealedRun) => readonly Judgement[],
  { twinOf = GENUINE, isTimed }: Extra = {},
): void {
  test(
    `${id} ${machine}: ${title}`,
    needing(...new Set([GENUINE, machine, twinOf])),
    async ({ sealed: boots, task, signal }) => {
      await record(task.meta, id, machine, sealedBootOf(machine), async () => {
        const inputs = await boots.inputs();
        const [genuine, boot, twin] = await Promise.all([
          boots.of(GENUINE, signal),
          boots.of(machine, signal),
          boots.of(twinOf, signal),
        ]);
        const evidence = evidenceOf(machine, boot);
        const judged = judge({ boot, evidence, genuine, twin, inputs });
        const judgements = judged.map((one) => withPcrlockNamed(one, inputs));
        return { flaky: false, judgements, tables: isTimed ? [unlockTimes(evidence)] : [] };
      });
    },
  );
}

/** A requirement that volumes open in the boot of a machine. */
export function opens(
  id: Requirement['id'],
  title: string,
  machine: SealedMachine,
  volumes: readonly VolumeName[],
  extra: Extra = {},
): void {
  const judge = ({ evidence, ...run }: SealedRun) =>
    volumes.map((name) =>
      judgeOpened(volumeOf(name, run), { boot: evidence, file: VM_LOGS.console }),
    );
  sealed(id, title, machine, judge, extra);
}

/** A requirement that volumes stay closed in the boot of a machine, which its twin opens. */
export function refuses(
  id: Requirement['id'],
  title: string,
  machine: SealedMachine,
  volumes: readonly VolumeName[],
  { twinOf = GENUINE }: Extra = {},
): void {
  const judge = ({ evidence, ...run }: SealedRun) => {
    const twin = evidenceOf(twinOf, run.twin);
    return volumes.map((name) => {
      const volume = volumeOf(name, run);
      // Another TPM refuses whatever was booted.
      const pcrs = SEALED_MACHINES[machine].tpm === 'other' ? [] : volume.pcrs;
      return judgeRefused({ ...volume, pcrs }, { boot: evidence, twin, file: VM_LOGS.console });
    });
  };
  sealed(id, title, machine, judge, { twinOf });
}

/**
 * systemd-pcrlock makes an NV index with a name of its own each time, and the policy with it: two runs say the
 * same of it by a word. The TPM's log has the digest.
 */
function withPcrlockNamed(judgement: Judgement, { tokens: { pcrlock } }: SealedInputs): Judgement {
  if (pcrlock === undefined) return judgement;
  const named = (text: string) => text.replaceAll(pcrlock, '(that of systemd-pcrlock)');
  const { sentence, expected, observed } = judgement;
  return {
    ...judgement,
    sentence: named(sentence),
    expected: named(expected),
    observed: named(observed),
  };
}

function evidenceOf(machine: SealedMachine, boot: SealedBoot): SealedBootEvidence {
  const console = Buffer.from(boot.channels[VM_LOGS.console] ?? []).toString('latin1');
  return { what: SEALED_MACHINES[machine].what, console, exchanges: boot.exchanges };
}
