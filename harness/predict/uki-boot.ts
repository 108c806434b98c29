import type { ByteSource } from '../bytes/source.ts';
import { deviceTrees } from '../formats/measured-sections.ts';
import type { PeImage } from '../formats/pe.ts';
import type { Uki } from '../formats/uki.ts';
import type { BootImage } from './boot-image.ts';
import { type Contribution, inOrder, known, unknown } from './contribution.ts';
import { innerKernelEvents } from './inner-kernel.ts';
import type { Forecast } from './prediction.ts';
import { sectionDigests } from './section-digests.ts';
import { stubSidecars } from './stub-sidecars.ts';
import { systemdStubEvents } from './systemd-stub.ts';

/** A UKI that the firmware has loaded. */
export type LoadedUki = {
  readonly source: ByteSource;
  readonly pe: PeImage;
  readonly uki: Uki;
};

/** PCRs that systemd-stub extends with what lies beside the UKI, and the one with the whole initrd. */
const SIDECAR_PCRS = [9, 12, 13];

/**
 * Forecasts what follows when the firmware starts a UKI, up to the kernel's own measurements.
 *
 * @param forecast which banks
 * @param loaded the UKI
 * @param image how it is booted
 * @param isSecureBoot whether Secure Boot is on
 */
export function predictUkiBoot(
  { banks }: Forecast,
  { source, pe, uki }: LoadedUki,
  image: BootImage,
  isSecureBoot: boolean,
): Contribution {
  const [deviceTree] = deviceTrees(uki, 0);
  const choice = { profile: 0, deviceTree };
  const digests = sectionDigests(source, pe, banks);
  return inOrder(
    known(...systemdStubEvents({ banks }, uki, choice, digests)),
    sidecars(image),
    known(...innerKernelEvents({ banks }, { source, uki }, choice, isSecureBoot)),
  );
}

function sidecars({ place, path }: BootImage): Contribution {
  const found = place === undefined ? [] : stubSidecars(place.volume, path);
  if (found.length === 0) return known();
  return unknown(SIDECAR_PCRS, `systemd-stub picks up ${found.join(', ')}, which is not forecast`);
}
