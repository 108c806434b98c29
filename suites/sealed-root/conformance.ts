import { inject } from 'vitest';
import {
  judgeOpened,
  judgeRefused,
  type SealedVolume,
} from '../../harness/judge/judge-sealed-volume.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { SealedBootEvidence } from '../../harness/judge/sealed-boot.ts';
import { VM_LOGS } from '../../harness/vm/vm-run.ts';
import { record } from '../record.ts';
import type { Requirement } from '../requirements/requirement.ts';
import { admission, test as base, needing } from '../suite-test.ts';
import { SEALED_MACHINES, type SealedMachine } from './machines.ts';
import { type SealedBoot, SealedBoots, sealedBootOf } from './sealed-boots.ts';
import type { SealedInputs } from './sealed-inputs.ts';
import { SEALED_PCRS, VOLUMES, type VolumeName } from './volumes.ts';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
const test = base.extend('sealed', { scope: 'worker' }, ({}, { onCleanup }) => {
  const sealed = new SealedBoots(inject('setting'), admission);
  onCleanup(() => sealed[Symbol.asyncDispose]());
  return sealed;
});

/** The boot that everything is sealed for. */
const GENUINE: SealedMachine = 'genuine';

/** What a requirement judges. */
export type SealedRun = {
  readonly boot: SealedBoot;
  readonly evidence: SealedBootEvidence;
  readonly genuine: SealedBoot;
  readonly inputs: SealedInputs;
};

/** A requirement, judged on the boot of a machine and on the genuine one. */
export function sealed(
  id: Requirement['id'],
  title: string,
  machine: SealedMachine,
  judge: (run: SealedRun) => readonly Judgement[],
): void {
  test(
    `${id} ${machine}: ${title}`,
    needing(...new Set([GENUINE, machine])),
    async ({ sealed: boots, task, signal }) => {
      await record(task.meta, id, machine, sealedBootOf(machine), async () => {
        const genuine = await boots.of(GENUINE, signal);
        const boot = await boots.of(machine, signal);
        const inputs = await boots.inputs();
        const evidence = evidenceOf(machine, boot);
        return { flaky: false, judgements: judge({ boot, evidence, genuine, inputs }) };
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
): void {
  sealed(id, title, machine, ({ evidence, inputs }) =>
    volumes.map((name) =>
      judgeOpened(volumeOf(name, inputs), { boot: evidence, file: VM_LOGS.console }),
    ),
  );
}

/** A requirement that volumes stay closed in the boot of a machine, which the genuine one opens. */
export function refuses(
  id: Requirement['id'],
  title: string,
  machine: SealedMachine,
  volumes: readonly VolumeName[],
): void {
  sealed(id, title, machine, ({ evidence, genuine, inputs }) => {
    const twin = evidenceOf(GENUINE, genuine);
    return volumes.map((name) => {
      const volume = volumeOf(name, inputs);
      // Another TPM refuses whatever was booted.
      const pcrs = SEALED_MACHINES[machine].tpm === 'other' ? [] : volume.pcrs;
      return judgeRefused({ ...volume, pcrs }, { boot: evidence, twin, file: VM_LOGS.console });
    });
  });
}

function evidenceOf(machine: SealedMachine, boot: SealedBoot): SealedBootEvidence {
  const console = Buffer.from(boot.channels[VM_LOGS.console] ?? []).toString('latin1');
  return { what: SEALED_MACHINES[machine].what, console, exchanges: boot.exchanges };
}

function volumeOf(name: VolumeName, { tokens }: SealedInputs): SealedVolume {
  const policy = tokens[name];
  if (policy === undefined) throw new TypeError(`no volume ${name}`);
  return { name: VOLUMES[name], policy, pcrs: SEALED_PCRS[name] };
}
