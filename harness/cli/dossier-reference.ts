import { loggedDevicePath } from '../formats/logged-device-path.ts';
import { openDossierFolder } from '../guest/dossier-folder.ts';
import { UsageError } from '../host/errors.ts';
import { observeDossier } from '../judge/observe-tpm.ts';
import type { Bank } from '../measure/bank.ts';
import { type ReferenceValues, referenceOfBoot } from '../reference/reference-values.ts';
import { TOOL } from './version.ts';

/**
 * The reference values that a boot's dossier tells.
 *
 * @param directory the dossier's folder
 * @param banks which banks
 * @throws UsageError where it is no dossier, or its TPM had none of the banks; FormatError where a file
 *   is not what was collected
 */
export async function dossierReference(
  directory: string,
  banks: readonly Bank[],
): Promise<ReferenceValues> {
  const dossier = await openDossierFolder(directory);
  const seen = observeDossier(dossier, loggedDevicePath);
  if (!banks.some((bank) => seen.pcrs[bank] !== undefined)) {
    const had = Object.keys(seen.pcrs).join(', ');
    throw new UsageError(`${directory}: no PCRs in ${banks.join(', ')}: --banks with ${had}`);
  }
  const { inputs: files, startedAt: at } = dossier.index;
  return referenceOfBoot(seen, banks, { tool: TOOL, at, files });
}
