import { guidBytes } from '../../bytes/guid.ts';
import type { EfiVariable } from '../../formats/efi-variable.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { signatureDatabaseText } from '../firmware/signature-database-text.ts';
import { measuredBytes } from '../measured-bytes.ts';
import type { Forecast } from '../prediction.ts';
import { shimAuthorityEvent } from './shim-authority-events.ts';
import { SHIM_LOCK_GUID, shimStateOf } from './shim-variables.ts';
import type { VendorKeys } from './vendor-keys.ts';

const X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
const SHA256 = 'c1c41626-504c-4092-aca9-41f936934328';
const LIST_HEADER_BYTES = 28;
const OWNER_BYTES = 16;

/** PCR of shim's own state (README.tpm). */
const STATE_PCR = 14;

/** MokListTrusted where there is no such variable: its absence means that the list is trusted. */
const TRUSTED = Uint8Array.of(1);

/** The lists that shim works with. */
export type MokLists = {
  /** MokListRT: the vendor's certificate or lists, then MokList. */
  readonly allowed: Uint8Array;
  /** MokListXRT: the vendor's lists, then MokListX. */
  readonly forbidden: Uint8Array;
};

/**
 * The lists of machine owner keys as shim completes and measures them.
 *
 * @param shim the keys that it was built with
 * @param variables the variables that the boot sees
 * @see shim 16.1, mok.c (mirror_one_mok_variable)
 */
export function mokLists(shim: VendorKeys, variables: readonly EfiVariable[]): MokLists {
  const own = asSignatureLists(shim.vendorAuthorized);
  return {
    allowed: completed(own, shimStateOf(variables, 'MokList')),
    forbidden: completed(shim.vendorDeauthorized, shimStateOf(variables, 'MokListX')),
  };
}

/**
 * Forecasts what shim measures before it loads anything.
 *
 * @param forecast which banks
 * @param lists the completed lists
 * @param variables the variables that the boot sees
 * @param sbatLevel SbatLevel as shim left it
 * @see shim 16.1, mok.c (mok_state_variable_data, import_mok_state)
 */
export function shimStateEvents(
  { banks }: Forecast,
  lists: MokLists,
  variables: readonly EfiVariable[],
  sbatLevel: Uint8Array,
): readonly ExpectedEvent[] {
  const state = (name: string, data: Uint8Array | undefined, text?: string): ExpectedEvent[] => {
    if (data === undefined || data.length === 0) return [];
    const description = `${name}: ${text ?? `${data.length} bytes`}`;
    const event = { pcr: STATE_PCR, type: 'EV_IPL', description, agent: 'shim' } as const;
    return [{ ...event, ...measuredBytes(banks, data) }];
  };
  const authority = (name: string, data: Uint8Array | undefined): ExpectedEvent[] => {
    if (data === undefined || data.length === 0) return [];
    const variable = { guid: SHIM_LOCK_GUID, name };
    return [shimAuthorityEvent({ banks }, { variable, signature: data })];
  };
  const insecure = shimStateOf(variables, 'MokSBState');
  const isTrustChosen = variables.some(
    ({ guid, name }) => guid === SHIM_LOCK_GUID && name === 'MokListTrusted',
  );
  return [
    ...state('MokList', lists.allowed, signatureDatabaseText(lists.allowed)),
    ...state('MokListX', lists.forbidden, signatureDatabaseText(lists.forbidden)),
    ...authority('MokSBState', insecure),
    ...state('MokSBState', insecure),
    ...authority('SbatLevel', sbatLevel),
    ...state('MokListTrusted', isTrustChosen ? undefined : TRUSTED),
    ...state('MokPolicy', shimStateOf(variables, 'MokPolicy')),
  ];
}

/** A list that would be empty gets one hash that no image has. */
function completed(own: Uint8Array, variable: Uint8Array | undefined): Uint8Array {
  const list = Buffer.concat([own, variable ?? new Uint8Array()]);
  return list.length > 0 ? list : oneSignature(SHA256, new Uint8Array(32));
}

/** What a vendor builds in is one certificate in DER, or lists that begin with a type's GUID. */
function asSignatureLists(vendor: Uint8Array): Uint8Array {
  const isCertificate = vendor[0] === 0x30 && ((vendor[1] ?? 0) & 0x80) !== 0;
  return isCertificate ? oneSignature(X509, vendor) : vendor;
}

/** EFI_SIGNATURE_LIST with one EFI_SIGNATURE_DATA that shim owns (UEFI 2.11, 32.4.1). */
function oneSignature(type: string, data: Uint8Array): Uint8Array {
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32LE(LIST_HEADER_BYTES + OWNER_BYTES + data.length, 0);
  sizes.writeUInt32LE(OWNER_BYTES + data.length, 8);
  return Buffer.concat([guidBytes(type), sizes, guidBytes(SHIM_LOCK_GUID), data]);
}
