import { join } from 'node:path';
import { isVerdict } from '../../suites/is-verdict.ts';
import { bootOwnImage } from '../../suites/own-image/boot-own-image.ts';
import {
  type JudgedOwn,
  judgeFailedBoot,
  judgeOwnBoot,
  type OwnImageTerms,
} from '../../suites/own-image/judge-own-boot.ts';
import type { OwnImage } from '../../suites/own-image/own-image.ts';
import { dossierOf, type SuiteBoot } from '../../suites/setting.ts';
import { printable } from '../bytes/format-error.ts';
import { COMMON_READY } from '../guest/boot-end.ts';
import { firstError } from '../host/errors.ts';
import type { Finding } from '../judge/finding.ts';
import type { prepare } from './conformance.ts';
import type { HostSession } from './host-session.ts';
import type { RunConfig } from './run-config.ts';

/** So long without a TPM command is the end of a boot whose console is silent, in milliseconds. */
const QUIET_MS = { tcg: 90_000, kvm: 20_000 } as const;

/** What a boot belongs to. */
export type BootParts = {
  readonly config: RunConfig;
  readonly prepared: Awaited<ReturnType<typeof prepare>>;
  readonly run: string;
  /** What its lines of progress begin with, instead of the machine's name. */
  readonly label?: string | undefined;
};

/**
 * Boots an image of the user's own and judges what the boot showed; one that does not come up is a finding.
 *
 * @param parts what is known of the run
 * @throws InfraError where a tool broke, and what else is no verdict about the image
 */
export async function judgedBootOf(
  image: OwnImage,
  terms: OwnImageTerms,
  { config, prepared, run, label }: BootParts,
  session: HostSession,
): Promise<{ readonly findings: readonly Finding[]; readonly boots: readonly SuiteBoot[] }> {
  const began = performance.now();
  const { name } = image.machine;
  const { setting } = prepared;
  const shown = label ?? name;
  const stages: SuiteBoot['stages'][number][] = [];
  const end = { ready: readyOf(config), quietMs: QUIET_MS[setting.accelerator] };
  const context = {
    ...setting,
    end,
    phases: config.phases,
    reaper: session.reaper,
    signal: session.signal,
    onStage: (entry: SuiteBoot['stages'][number]) => {
      stages.push(entry);
      session.stage(shown, entry.stage);
    },
  };
  const outcome = async (): Promise<readonly [SuiteBoot['state'], readonly JudgedOwn[]]> => {
    try {
      const { flaky, ...judged } = await bootOwnImage(image, context);
      return [flaky ? 'flaky' : 'pass', judgeOwnBoot(judged, terms)];
    } catch (error) {
      if (!isVerdict(error)) throw error;
      const cause = firstError(error);
      const sentence = printable(cause instanceof Error ? cause.message : String(cause));
      return ['fail', judgeFailedBoot(sentence, terms)];
    }
  };
  const [state, judged] = await outcome();
  session.done(state === 'pass' ? 'booted' : state, shown);
  const seconds = (performance.now() - began) / 1000;
  return {
    findings: judged.flatMap((one) => findingsOf(one, name, run)),
    boots: [{ machine: name, stages, seconds, state }],
  };
}

function readyOf({ ready }: RunConfig): RegExp {
  return ready === undefined ? COMMON_READY : new RegExp(RegExp.escape(ready));
}

function findingsOf(
  { id, judgements }: JudgedOwn,
  machine: string,
  run: string,
): readonly Finding[] {
  return judgements.map(({ file, ...judgement }) => ({
    requirement: id,
    machine,
    ...judgement,
    evidence: `${dossierOf(machine)}/${file}`,
    reproduce: `scripts/cvm judge ${join(run, dossierOf(machine))}`,
  }));
}
