import type { ByteSource } from '../bytes/source.ts';
import { authenticodeDigests } from '../formats/authenticode.ts';
import type { VariableStore } from '../formats/efi-variable-store.ts';
import type { OvmfBuild } from '../formats/ovmf-build.ts';
import { type PeImage, readPe } from '../formats/pe.ts';
import type { Shim } from '../formats/shim.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import { readImageSignatures } from './firmware/image-signatures.ts';
import { hashesToVerify, verifyImage } from './firmware/image-verification.ts';
import { secureBootAuthorityEvents } from './firmware/secure-boot.ts';
import { type SecureBootState, secureBootState } from './firmware/secure-boot-state.ts';
import { readSignatureDatabases } from './firmware/signature-databases.ts';
import { efiImageKind } from './load-image.ts';
import type { Forecast } from './prediction.ts';
import { authoriseByShim } from './shim/shim-authorisation.ts';
import { refused, type Verdict } from './verdict.ts';

/** A verdict, and what it leaves in PCR 7. */
export type AuthorisedImage = {
  readonly verdict: Verdict;
  /** Its authority events, those of an image that is refused too; one measured before is none. */
  readonly events: readonly ExpectedEvent[];
};

/** Whether an image boots with a variable store: from the firmware, and as the second stage of shim. */
export type Authorisation = {
  readonly secureBoot: SecureBootState;
  readonly firmware: AuthorisedImage;
  /** Absent where the store has no list of a machine owner and no shim is given. */
  readonly shim: AuthorisedImage | undefined;
};

/** What runs whatever its signature. */
const UNVERIFIED: AuthorisedImage = { verdict: { allowed: true, authorities: [] }, events: [] };

/**
 * Says whether an image would boot with a variable store, and which entry of it would authorise it. The
 * firmware is taken to have Secure Boot.
 *
 * @param forecast which banks
 * @param source the image
 * @param store the variables that the boot sees
 * @param shim the shim that loads it; where it is left out, one without keys of a vendor, which revokes by
 *   SBAT what the store says
 * @param build the firmware; where it is left out, one that verifies RSA signatures alone
 * @throws FormatError where the headers of the image, or a signature database, contradict themselves
 */
export function authoriseImage(
  { banks }: Forecast,
  source: ByteSource,
  store: VariableStore,
  shim: Shim | undefined,
  build?: Pick<OvmfBuild, 'verifiesEcdsa'>,
): Authorisation {
  const secureBoot = secureBootState(store, true);
  const pe = readPe(source);
  if (efiImageKind(pe) === undefined) {
    const verdict = refused('no-efi-image', 'it is no EFI image for x86-64');
    return { secureBoot, firmware: { verdict, events: [] }, shim: undefined };
  }
  if (secureBoot !== 'on') return { secureBoot, firmware: UNVERIFIED, shim: undefined };
  return {
    secureBoot,
    firmware: byFirmware({ banks }, { source, pe }, store, build),
    shim: authoriseByShim({ banks }, { source, pe }, store.variables, shim),
  };
}

function byFirmware(
  { banks }: Forecast,
  { source, pe }: { readonly source: ByteSource; readonly pe: PeImage },
  store: VariableStore,
  build: Pick<OvmfBuild, 'verifiesEcdsa'> | undefined,
): AuthorisedImage {
  const signatures = readImageSignatures(source, pe);
  const digests = authenticodeDigests(source, pe, [...new Set(hashesToVerify(signatures))]);
  const verdict = verifyImage(signatures, digests, readSignatureDatabases(store, build));
  const policy = { store, hasSecureBoot: true };
  const events = secureBootAuthorityEvents({ banks }, policy, verdict.authorities);
  return { verdict, events: events.filter((event) => event !== undefined) };
}
