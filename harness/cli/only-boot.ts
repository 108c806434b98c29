import { UsageError } from '../host/errors.ts';
import type { PcrEvidence } from '../measure/pcr-evidence.ts';
import { readDossierEvidence, type Told } from './pcr-evidence-path.ts';

/**
 * The PCRs of the one boot that a side is about.
 *
 * @param told what the side tells
 * @throws UsageError where it is a run with another number of boots
 */
export async function onlyBoot(told: Told): Promise<PcrEvidence> {
  if (told.kind === 'boot') return told.evidence;
  const [first, ...others] = told.dossiers.values();
  if (first !== undefined && others.length === 0) return readDossierEvidence(first);
  if (first === undefined) throw new UsageError(`${told.path}: a run without boots`);
  const names = [...told.dossiers.keys()].join(', ');
  throw new UsageError(
    `${told.path}: a run with several boots, ${names}; name one by its dossier, e.g. ${first}`,
  );
}
