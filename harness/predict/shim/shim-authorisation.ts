import type { ByteSource } from '../../bytes/source.ts';
import type { EfiVariable } from '../../formats/efi-variable.ts';
import type { PeImage } from '../../formats/pe.ts';
import { readSbatLevel } from '../../formats/sbat.ts';
import type { Shim } from '../../formats/shim.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import type { Forecast } from '../prediction.ts';
import { UnbootableError } from '../unbootable-error.ts';
import { refused, type Verdict } from '../verdict.ts';
import { shimAuthorityEvents } from './shim-authority-events.ts';
import { type SbatLevel, sbatLevelAfterShim } from './shim-sbat-level.ts';
import { mokLists } from './shim-state.ts';
import { findShimVariable, isShimStateSet, shimStateOf } from './shim-variables.ts';
import { judgeByShim } from './shim-verdict.ts';
import { shimDatabases } from './shim-verification.ts';
import type { VendorKeys } from './vendor-keys.ts';

const NO_KEYS: VendorKeys = {
  vendorAuthorized: new Uint8Array(),
  vendorDeauthorized: new Uint8Array(),
};

/**
 * Says whether shim would start an image when Secure Boot is on.
 *
 * @param forecast which banks
 * @param image the image
 * @param variables the variables that the boot sees
 * @param shim what the shim was built with; where it is left out, a shim without keys of a vendor, which
 *   leaves SbatLevel as it is
 * @param needsSbat whether an image without SBAT metadata is refused: the second stage is, what a second
 *   stage loads is not
 * @returns `undefined` where no shim is given, and the variables have no list of a machine owner
 * @throws FormatError where a list of signatures is damaged
 */
export function authoriseByShim(
  { banks }: Forecast,
  image: { readonly source: ByteSource; readonly pe: PeImage },
  variables: readonly EfiVariable[],
  shim: Shim | undefined,
  needsSbat = true,
): { readonly verdict: Verdict; readonly events: readonly ExpectedEvent[] } | undefined {
  const hasLists = ['MokList', 'MokListX'].some((name) => shimStateOf(variables, name));
  if (shim === undefined && !hasLists) return undefined;
  if (isShimStateSet(variables, 'MokSBState')) {
    return { verdict: { allowed: true, authorities: [] }, events: [] };
  }
  const level = levelOf(variables, shim);
  if (level instanceof UnbootableError) {
    return { verdict: refused('sbat', level.message), events: [] };
  }
  const keys = shim ?? NO_KEYS;
  const databases = shimDatabases(keys, variables, mokLists(keys, variables));
  const policy = { databases, sbatLevel: readSbatLevel(level) ?? [] };
  const verdict = judgeByShim(image.source, image.pe, policy, needsSbat);
  const events = shimAuthorityEvents({ banks }, verdict.authorities);
  return { verdict, events: events.filter((event) => event !== undefined) };
}

/** What SbatLevel says; a shim that is revoked by it starts nothing. */
function levelOf(variables: readonly EfiVariable[], shim: Shim | undefined) {
  const stored = findShimVariable(variables, 'SbatLevel')?.data ?? new Uint8Array();
  try {
    const level: SbatLevel = shim ? sbatLevelAfterShim(shim, variables, true) : { data: stored };
    return 'data' in level ? level.data : stored;
  } catch (error) {
    if (error instanceof UnbootableError) return error;
    throw error;
  }
}
