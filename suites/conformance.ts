import { join } from 'node:path';
import { inject } from 'vitest';
import type { GuestSsh } from '../harness/guest/guest-ssh.ts';
import type { Judgement } from '../harness/judge/judgement.ts';
import type { RunningVm } from '../harness/vm/running-vm.ts';
import type { ConformanceBoot } from './boots.ts';
import { record } from './record.ts';
import type { Requirement } from './requirements/requirement.ts';
import { dossierOf, forkOf } from './setting.ts';
import { needing, test } from './suite-test.ts';

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
    test(`${id} ${machine}: ${title}`, needing(machine), async ({ boots, task, signal }) => {
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
  const needs = needing(machines.boot, machines.twin);
  test(`${id} ${machines.twin}: ${title}`, needs, async ({ boots, task, signal }) => {
    await record(task.meta, id, machines.twin, dossierOf(machines.twin), async () => {
      const boot = await boots.of(machines.boot, signal);
      const twin = await boots.of(machines.twin, signal);
      return { flaky: twin.flaky, judgements: judge(boot, twin) };
    });
  });
}

/** A VM that a requirement may do what it wants with: nobody else sees it. */
export type ConformanceFork = {
  readonly ssh: GuestSsh;
  readonly vm: RunningVm;
  /** Absolute path of the directory of its evidence, which says in `origin.txt` what it was forked from. */
  readonly directory: string;
};

/**
 * A requirement that does not judge the boot itself, on a VM of its own that has booted: one test for each
 * machine, and a fork for each test.
 *
 * @param machines names of the machines, none of them confidential
 * @param judge acts on the VM, keeps what it sees as files of the directory, and judges it; its signal
 *   aborts when the VM is lost
 * @public for suites to come
 */
export function onFork(
  id: RequirementId,
  title: string,
  machines: readonly string[],
  judge: (fork: ConformanceFork, signal: AbortSignal) => Promise<readonly Judgement[]>,
): void {
  for (const machine of machines) {
    test(
      `${id} ${machine}: ${title}`,
      needing(`fork of ${machine}`),
      async ({ boots, task, signal }) => {
        const folder = forkOf(machine, id);
        await record(task.meta, id, machine, folder, async () => {
          const directory = join(inject('setting').run, folder);
          using _place = await boots.enter(machine, signal);
          await using ready = await boots.fork(machine, directory, signal);
          const { vm, ssh } = ready;
          const judgements = await vm.during((over) => judge({ ssh, vm, directory }, over));
          return { flaky: false, judgements };
        });
      },
    );
  }
}

/** A VM whose disk may be changed beneath it. */
export type OwnDiskFork = ConformanceFork & {
  /** Absolute path of the raw image that its QEMU reads, and of the one that it was copied from. */
  readonly disk: string;
  readonly original: string;
  /** Shows on the terminal what is being done. */
  readonly step: (text: string) => void;
};

/**
 * Like {@link onFork}, on a disk that nobody else reads. The judge is not cut off when the VM is lost: what
 * it was doing then may be what it has to tell.
 */
export function onOwnDisk(
  id: RequirementId,
  title: string,
  machines: readonly string[],
  judge: (fork: OwnDiskFork, signal: AbortSignal) => Promise<readonly Judgement[]>,
): void {
  for (const machine of machines) {
    const needs = needing(`disk of ${machine}`);
    test(`${id} ${machine}: ${title}`, needs, async ({ boots, task, signal }) => {
      const folder = forkOf(machine, id);
      await record(task.meta, id, machine, folder, async () => {
        const directory = join(inject('setting').run, folder);
        using _place = await boots.enter(machine, signal);
        await using own = await boots.forkOnOwnDisk(machine, directory, signal);
        const { vm, ssh } = own.vm;
        const lost = new AbortController();
        void vm.stages.failed.then((error) => lost.abort(error));
        const { disk, original } = own;
        const fork = {
          ssh,
          vm,
          directory,
          disk,
          original,
          step: (text: string) => boots.step(text),
        };
        const judgements = await judge(fork, AbortSignal.any([signal, lost.signal]));
        signal.throwIfAborted();
        return { flaky: false, judgements };
      });
    });
  }
}
