import { judgeEventData, judgeReplay } from '../../harness/judge/judge-logs.ts';
import { judgePcr, judgePcrValue } from '../../harness/judge/judge-pcr.ts';
import { judgeTpmCommands } from '../../harness/judge/judge-tpm-commands.ts';
import type { JudgedBoot } from '../../harness/judge/judge-twins.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Requirement } from '../requirements/requirement.ts';

/** What a requirement says of one boot. */
export type BootJudge = (boot: JudgedBoot) => readonly Judgement[];

const pcr =
  (...indices: readonly number[]): BootJudge =>
  ({ prediction, observation }) =>
    indices.flatMap((index) => judgePcr(index, prediction, observation));

const replay =
  (...pcrs: readonly number[]): BootJudge =>
  ({ observation }) => [judgeReplay(pcrs, observation)];

/** How each requirement that needs no twin is judged: in a run, and again from a dossier. */
export const BOOT_JUDGES = {
  'CVM-MB-001': pcr(4),
  'CVM-MB-002': pcr(7),
  'CVM-MB-003': pcr(11),
  'CVM-MB-004': replay(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14),
  'CVM-MB-005': replay(11, 15),
  'CVM-MB-008': ({ observation }) => [judgeEventData(observation)],
  'CVM-MB-009': pcr(0),
  'CVM-MB-010': pcr(1),
  'CVM-MB-011': pcr(2, 3, 6, 8),
  'CVM-MB-012': pcr(5),
  'CVM-MB-013': pcr(9),
  'CVM-MB-014': pcr(12, 13),
  'CVM-MB-015': pcr(14),
  'CVM-MB-016': pcr(15),
  // IMA keeps a log of its own, which is not collected.
  'CVM-MB-017': ({ prediction, observation }) => [judgePcrValue(10, prediction, observation)],
  'CVM-EV-001': ({ observation }) => judgeTpmCommands(observation),
} as const satisfies Readonly<Record<Requirement['id'], BootJudge>>;
