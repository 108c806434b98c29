import { type Doctor, events, log } from '../doctored-evidence.ts';
import type { Sabotage } from '../sabotage.ts';
import { evidence } from '../words.ts';

/** Guests that lie: what they say fits together, or does not, and the TPM was sent something else. */
export const SECOND_WITNESS: readonly Sabotage[] = [
  lying(
    {
      what: 'the guest hides what was started, and its PCR says so too',
      says: 'the guest’s logs are not what the TPM was sent: they part at extend',
    },
    events((all) => all.filter(({ type }) => type !== 'EV_EFI_BOOT_SERVICES_APPLICATION')),
  ),
  lying(
    { what: 'the guest tells of its events in another order', says: 'they part at extend 0' },
    log((all) => all.toReversed()),
  ),
];

function lying(about: Pick<Sabotage, 'what' | 'says'>, doctor: Doctor): Sabotage {
  return evidence('CVM-EV-001', about, doctor);
}
