import { FormatError } from '../../harness/bytes/format-error.ts';
import { DOSSIER_FILES } from '../../harness/evidence/dossier.ts';
import {
  type JudgedLoad,
  judgeKernelLoad,
  type ObservedLoad,
} from '../../harness/judge/judge-kernel-load.ts';
import type { JudgedBoot } from '../../harness/judge/judge-twins.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { Prediction } from '../../harness/predict/prediction.ts';
import { UnbootableError } from '../../harness/predict/unbootable-error.ts';
import { FIRMWARE_RUN_FILES } from '../../harness/vm/firmware-run.ts';
import { KERNEL_HASHES_CASES } from '../kernel-hashes/cases.ts';
import { BOOT_JUDGES, type BootJudge } from '../measured-boot/boot-judges.ts';
import type { Requirement } from '../requirements/requirement.ts';
import type { Bench } from './bench.ts';
import { type ChangeFile, predictChanged } from './changed-files.ts';
import type { Doctor } from './doctored-evidence.ts';
import { observed, type RecordedBoot } from './recorded-boot.ts';
import type { Sabotage } from './sabotage.ts';

/** What a sabotage is about, besides how it is done. */
type About = Pick<Sabotage, 'what' | 'says'> & { readonly on?: string };

/** The machine of most sabotages. */
const USUAL = 'uki';

/** A requirement on one boot, whose evidence is doctored. */
export function evidence(
  requirement: keyof typeof BOOT_JUDGES,
  { on = USUAL, ...about }: About,
  doctor: Doctor,
): Sabotage {
  return judged(requirement, BOOT_JUDGES[requirement], about, on, async (boot) => ({
    prediction: boot.prediction,
    observation: observed(doctor(boot.dossier)),
  }));
}

/** A requirement on one boot, of which a file is not the one that was to be booted. */
export function file(
  requirement: keyof typeof BOOT_JUDGES,
  { on = USUAL, ...about }: About,
  which: (machine: Machine) => string,
  change: ChangeFile,
): Sabotage {
  return judged(requirement, BOOT_JUDGES[requirement], about, on, async (boot) => ({
    ...boot,
    prediction: await predictChanged(boot.machine, boot.platform, which(boot.machine), change),
  }));
}

/** A requirement on one boot of another machine than was to be booted. */
export function machine(
  requirement: keyof typeof BOOT_JUDGES,
  { on = USUAL, ...about }: About,
  forecast: (boot: RecordedBoot, bench: Bench, signal: AbortSignal) => Promise<Prediction>,
): Sabotage {
  return judged(requirement, BOOT_JUDGES[requirement], about, on, async (boot, bench, signal) => ({
    ...boot,
    prediction: await forecast(boot, bench, signal),
  }));
}

/** Any judge of one boot: of the real one, and of one that is wrong. */
export function judged(
  requirement: Requirement['id'],
  judge: BootJudge,
  about: Pick<Sabotage, 'what' | 'says'>,
  on: string,
  spoil: (boot: RecordedBoot, bench: Bench, signal: AbortSignal) => Promise<JudgedBoot>,
): Sabotage {
  return {
    requirement,
    ...about,
    attempt: async (bench, signal) => {
      const boot = await bench.boot(on, signal);
      const wrong = await orVerdict(async () => judge(await spoil(boot, bench, signal)));
      return { sound: judge(boot), wrong };
    },
  };
}

/** What cannot be read, or would not boot, is a verdict, as in a run. */
async function orVerdict(
  judge: () => Promise<readonly Judgement[]>,
): Promise<readonly Judgement[]> {
  try {
    return await judge();
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnbootableError)) throw error;
    const { message } = error;
    const told = { sentence: message, expected: 'evidence that can be judged', observed: message };
    return [{ state: 'fail', ...told, witness: 'console', file: DOSSIER_FILES.console }];
  }
}

/** A requirement on what the firmware loads, of which a run is told otherwise than it was. */
export function load(
  name: string,
  about: Omit<Sabotage, 'requirement' | 'attempt'>,
  change?: (load: JudgedLoad) => Partial<ObservedLoad>,
): Sabotage {
  const one = KERNEL_HASHES_CASES[name];
  if (one === undefined) throw new TypeError(`no case ${name}`);
  return {
    requirement: one.requirement,
    ...about,
    attempt: async (bench, signal) => {
      const real = await bench.load(name, signal);
      const twin = one.twin === undefined ? undefined : await bench.load(one.twin, signal);
      const of = (which: JudgedLoad) => judgeKernelLoad(which, twin, FIRMWARE_RUN_FILES);
      if (change === undefined) return { sound: [], wrong: of(real) };
      const observedAfter = { ...real.observed, ...change(real) };
      return { sound: of(real), wrong: of({ ...real, observed: observedAfter }) };
    },
  };
}

/** A requirement whose judge is given made evidence: sound, and wrong. */
export function made(
  requirement: Requirement['id'],
  about: Pick<Sabotage, 'what' | 'says'>,
  judge: (bench: Bench, signal: AbortSignal) => Promise<Awaited<ReturnType<Sabotage['attempt']>>>,
): Sabotage {
  return { requirement, ...about, attempt: judge };
}
