import { ATTESTATIONS } from './catalogue/attestations.ts';
import { CHANGED_DISKS } from './catalogue/changed-disks.ts';
import { FLIPPED_BITS } from './catalogue/flipped-bits.ts';
import { IMAGE_TRIALS } from './catalogue/image-trials.ts';
import { KERNEL_LOADS } from './catalogue/kernel-loads.ts';
import { KERNEL_STARTS } from './catalogue/kernel-starts.ts';
import { LAUNCHES } from './catalogue/launches.ts';
import { MEASURED_EVENTS } from './catalogue/measured-events.ts';
import { OTHER_SYSTEMS } from './catalogue/other-systems.ts';
import { REPORTS } from './catalogue/reports.ts';
import { RUNNING_DISKS } from './catalogue/running-disks.ts';
import { SEALED_VOLUMES } from './catalogue/sealed-volumes.ts';
import { SECOND_WITNESS } from './catalogue/second-witness.ts';
import { TOLD_EVIDENCE } from './catalogue/told-evidence.ts';
import { TPM_LIVES } from './catalogue/tpm-lives.ts';
import { TWINS } from './catalogue/twins.ts';
import { VARIABLE_STORES } from './catalogue/variable-stores.ts';
import type { Sabotage } from './sabotage.ts';

/** Every deliberately wrong system. */
export const CATALOGUE: readonly Sabotage[] = [
  ...OTHER_SYSTEMS,
  ...MEASURED_EVENTS,
  ...TOLD_EVIDENCE,
  ...TWINS,
  ...KERNEL_LOADS,
  ...LAUNCHES,
  ...IMAGE_TRIALS,
  ...KERNEL_STARTS,
  ...REPORTS,
  ...RUNNING_DISKS,
  ...SECOND_WITNESS,
  ...ATTESTATIONS,
  ...CHANGED_DISKS,
  ...FLIPPED_BITS,
  ...TPM_LIVES,
  ...SEALED_VOLUMES,
  ...VARIABLE_STORES,
];
