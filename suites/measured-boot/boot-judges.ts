import { judgeEventData, judgeReplay } from '../../harness/judge/judge-logs.ts';
import { judgePcr } from '../../harness/judge/judge-pcr.ts';
import type { JudgedBoot } from '../../harness/judge/judge-twins.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Requirement } from '../requirements/requirement.ts';

/** What a requirement says of one boot. */
export type BootJudge = (boot: JudgedBoot) => readonly Judgement[];

const pcr =
  (index: number): BootJudge =>
  ({ prediction, observation }) =>
    judgePcr(index, prediction, observation);

const replay =
  (...pcrs: readonly number[]): BootJudge =>
  ({ observation }) => [judgeReplay(pcrs, observation)];

/** How each requirement that needs no twin is judged: in a run, and again from a dossier. */
export const BOOT_JUDGES = {
  'CVM-MB-001': pcr(4),
  'CVM-MB-002': pcr(7),
  'CVM-MB-003': pcr(11),
  'CVM-MB-004': replay(0, 1, 2, 3, 4, 5, 6, 7, 9),
  'CVM-MB-005': replay(11, 15),
  'CVM-MB-008': ({ observation }) => [judgeEventData(observation)],
} as const satisfies Readonly<Record<Requirement['id'], BootJudge>>;
