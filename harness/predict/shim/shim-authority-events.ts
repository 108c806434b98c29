import { toHex } from '../../bytes/hex.ts';
import { certificateSubject } from '../../formats/certificate-subject.ts';
import { variableKey } from '../../formats/efi-variable.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import type { ImageAuthority } from '../firmware/secure-boot.ts';
import { signatureText } from '../firmware/signature-database-text.ts';
import { uefiVariableData } from '../firmware/uefi-variable-data.ts';
import { measuredBytes } from '../measured-bytes.ts';
import type { Forecast } from '../prediction.ts';

/**
 * One measurement of shim in PCR 7.
 *
 * @param forecast which banks
 * @param authority the variable, and what is measured of it
 * @see shim 16.1, tpm.c (tpm_measure_variable)
 */
export function shimAuthorityEvent(
  { banks }: Forecast,
  { variable, signature }: ImageAuthority,
): ExpectedEvent {
  return {
    pcr: 7,
    type: 'EV_EFI_VARIABLE_AUTHORITY',
    agent: 'shim',
    description: `${variable.name}: ${authorityText(variable.name, signature)}`,
    ...measuredBytes(banks, uefiVariableData({ ...variable, data: signature })),
  };
}

/** Only what comes from lists begins with its owner. */
function authorityText(name: string, data: Uint8Array): string {
  if (name === 'Shim') return certificateSubject(data) ?? `${data.length} bytes`;
  if (name === 'MokSBState') return `${data[0]}`;
  const isText = name === 'SbatLevel';
  return isText ? asLine(data) : signatureText(data);
}

function asLine(text: Uint8Array): string {
  return Buffer.from(text).toString('latin1').trim().replaceAll('\n', ' ');
}

/**
 * The authority events of images that shim verifies. shim remembers what it measured by itself: what
 * the firmware measured before counts for nothing.
 *
 * @param forecast which banks
 * @param authorities what allowed each image, in load order
 * @returns one element for each authority: its event, or `undefined` where it was measured before
 */
export function shimAuthorityEvents(
  forecast: Forecast,
  authorities: readonly ImageAuthority[],
): readonly (ExpectedEvent | undefined)[] {
  const measured = new Set<string>();
  return authorities.map((authority) => {
    const key = `${variableKey(authority.variable)} ${toHex(authority.signature)}`;
    if (measured.has(key)) return undefined;
    measured.add(key);
    return shimAuthorityEvent(forecast, authority);
  });
}
