import type { EfiVariable } from '../../formats/efi-variable.ts';
import { readSbatLevel, readSbatSection, revokedComponent } from '../../formats/sbat.ts';
import type { Shim } from '../../formats/shim.ts';
import { UnbootableError } from '../unbootable-error.ts';
import { findShimVariable } from './shim-variables.ts';

/** A list that revokes nothing. */
const ORIGINAL = Buffer.from('sbat,1,2021030218\n');
const DATE_CHARACTERS = 10;

/** Attributes with which shim believes the variable: NV and BS, authenticated by time or not. */
const AUTHENTICATED = 0x20;
const BELIEVED = [0x03, 0x03 | AUTHENTICATED];

/** Values of SbatPolicy. */
const POLICY = { latest: 1, automatic: 2, reset: 3 } as const;

/** SbatLevel as shim leaves it, or why it is not known. */
export type SbatLevel = { readonly data: Uint8Array } | { readonly unknown: string };

/**
 * Forecasts the variable SbatLevel as shim leaves it, before it measures it.
 *
 * @param shim what the shim carries
 * @param variables the variables that the boot sees
 * @param isSecureBoot whether Secure Boot is on
 * @throws UnbootableError where Secure Boot is on and shim revokes itself, or the list makes no sense
 * @see shim 16.1, sbat.c (set_sbat_uefi_variable) and shim.c (efi_main)
 */
export function sbatLevelAfterShim(
  shim: Shim,
  variables: readonly EfiVariable[],
  isSecureBoot: boolean,
): SbatLevel {
  if (shim.sbatLevels === undefined)
    return { unknown: 'shim carries no revocations that are read' };
  const policy = findShimVariable(variables, 'SbatPolicy')?.data[0];
  const isReset = !isSecureBoot && policy !== POLICY.latest && policy !== POLICY.automatic;
  const own = policy === POLICY.latest ? shim.sbatLevels.latest : shim.sbatLevels.automatic;
  const candidate = isReset ? ORIGINAL : own;
  const current = findShimVariable(variables, 'SbatLevel');
  const isKept = current !== undefined && !isReset && isNewEnough(current, candidate);
  const level = isKept ? current.data : candidate;
  if (isSecureBoot || !isKept) checkItself(shim, level);
  if (!isKept && current !== undefined && (current.attributes & AUTHENTICATED) !== 0) {
    return { unknown: 'shim may not replace SbatLevel, which is authenticated' };
  }
  return { data: level };
}

function checkItself({ sbat }: Shim, data: Uint8Array): void {
  const level = readSbatLevel(data);
  if (level === undefined) throw new UnbootableError('shim cannot read SbatLevel');
  const own = sbat && readSbatSection(sbat);
  if (own === undefined) throw new UnbootableError('shim has no SBAT metadata of its own');
  const revoked = revokedComponent(own, level);
  if (revoked === undefined) return;
  throw new UnbootableError(`SbatLevel revokes shim itself: ${revoked.component}`);
}

/** Versions are compared by length and text, dates by text. */
function isNewEnough({ data, attributes }: EfiVariable, candidate: Uint8Array): boolean {
  const current = Buffer.from(data).toString('latin1');
  if (!BELIEVED.includes(attributes) || data.length < ORIGINAL.length) return false;
  if (!current.startsWith('sbat,')) return false;
  const [, version = '', date = ''] = fields(current);
  const [, newVersion = '', newDate = ''] = fields(Buffer.from(candidate).toString('latin1'));
  if (version.length > newVersion.length) return true;
  if (version.length === newVersion.length && version > newVersion) return true;
  return date.slice(0, DATE_CHARACTERS) >= newDate.slice(0, DATE_CHARACTERS);
}

/** Fields end at commas alone: the third goes on to the next row. */
function fields(text: string): readonly string[] {
  return (text.split('\0', 1)[0] ?? '').split(',');
}
