import { DOSSIER_FILES } from '../../harness/evidence/dossier.ts';
import type { JudgedBoot } from '../../harness/judge/judge-twins.ts';
import type { Judgement } from '../../harness/judge/judgement.ts';
import { BOOT_JUDGES, type BootJudge } from '../measured-boot/boot-judges.ts';
import { REQUIREMENTS } from '../requirements/index.ts';
import type { Requirement } from '../requirements/requirement.ts';
import type { ImageFacts } from './image-facts.ts';

/** What is said of an image beside its boot. */
export type OwnImageTerms = {
  readonly facts: Pick<ImageFacts, 'isGiven' | 'verity'>;
  /** Why nobody can log in; absent where somebody can. */
  readonly noAccess?: string | undefined;
  /** Ids of the requirements that apply; absent where all do that can be judged. */
  readonly requirements?: readonly string[] | undefined;
  readonly waivers: readonly {
    readonly requirement: string;
    readonly reason: string;
    /** The last day on which it counts, YYYY-MM-DD. */
    readonly until: string;
  }[];
  /** Today, YYYY-MM-DD. */
  readonly today: string;
};

/** What a requirement says of the image. */
export type JudgedOwn = {
  readonly id: Requirement['id'];
  readonly judgements: readonly Judgement[];
};

/** What needs the guest's own logs. */
export const NEEDS_LOGS: readonly Requirement['id'][] = [
  'CVM-MB-004',
  'CVM-MB-005',
  'CVM-MB-008',
  'CVM-EV-001',
];

/** Ids of the requirements that one boot of an image answers. */
export const OWN_REQUIREMENTS = Object.keys(BOOT_JUDGES) as readonly Requirement['id'][];

/**
 * Whether a requirement of an image is to be judged by its boot.
 *
 * @returns `undefined` where it is, else why not
 */
function whyNotJudged(id: Requirement['id'], terms: OwnImageTerms): string | undefined {
  const waiver = terms.waivers.find(
    ({ requirement, until }) => requirement === id && until >= terms.today,
  );
  if (waiver !== undefined) return `waived until ${waiver.until}: ${waiver.reason}`;
  if (terms.requirements?.includes(id) === false) {
    return 'not among the requirements that the configuration says apply';
  }
  if (!OWN_REQUIREMENTS.includes(id)) return whyElsewhere(id, terms.facts);
  if (terms.noAccess === undefined || !NEEDS_LOGS.includes(id)) return undefined;
  return `the guest’s logs cannot be asked for: ${terms.noAccess}`;
}

/** Twins and tampering change what is booted, and sign it anew. */
function whyElsewhere(id: Requirement['id'], { isGiven, verity }: OwnImageTerms['facts']): string {
  const chapter = REQUIREMENTS.find((one) => one.id === id)?.chapter;
  if (chapter === 'dm-verity' && verity.length === 0) {
    return 'not applicable: the image has nothing under dm-verity';
  }
  if (chapter === 'kernel-hashes' && !isGiven) {
    return 'not applicable: the image is booted from a disk, and no table of hashes names its kernel';
  }
  if (chapter === 'measured-boot') {
    return 'not applicable: it needs a twin of the image, changed in one thing and signed anew';
  }
  return 'not applicable to an image of one’s own: it boots machines that are made from the reference images';
}

/**
 * Judges an image by its boot. What was not judged is `skip`, with the reason.
 *
 * @param boot what was forecast and what was seen; without access only what the TPM was told
 */
export function judgeOwnBoot(boot: JudgedBoot, terms: OwnImageTerms): readonly JudgedOwn[] {
  return REQUIREMENTS.map(({ id }) => {
    const reason = whyNotJudged(id, terms);
    if (reason !== undefined) return { id, judgements: [skipped(reason)] };
    const judge: BootJudge | undefined = Object.entries<BootJudge>(BOOT_JUDGES).find(
      ([key]) => key === id,
    )?.[1];
    const judgements = judge?.(boot) ?? [];
    return { id, judgements: terms.noAccess === undefined ? judgements : judgements.map(byTpm) };
  });
}

/** What a boot says that did not come up: each requirement that it was to answer is not met. */
export function judgeFailedBoot(sentence: string, terms: OwnImageTerms): readonly JudgedOwn[] {
  return REQUIREMENTS.map(({ id }) => {
    const reason = whyNotJudged(id, terms);
    const judgement: Judgement = {
      state: 'fail',
      sentence,
      expected: 'a boot whose evidence can be judged',
      observed: sentence,
      witness: 'console',
      file: DOSSIER_FILES.console,
    };
    return { id, judgements: [reason === undefined ? judgement : skipped(reason)] };
  });
}

/** A judgement of what {@link observeTpm} has seen: nothing of it was read in the guest. */
export function byTpm(judgement: Judgement): Judgement {
  return { ...judgement, witness: 'TPM command log', file: DOSSIER_FILES.tpm };
}

function skipped(reason: string): Judgement {
  return {
    state: 'skip',
    sentence: reason,
    expected: 'a requirement that is judged by one boot of this image',
    observed: reason,
    witness: 'host file',
    file: DOSSIER_FILES.arguments,
  };
}
