import { toHex } from '../../bytes/hex.ts';
import { findVariable, VARIABLE_GUIDS, type VariableName } from '../../formats/efi-variable.ts';
import type { VariableStore } from '../../formats/efi-variable-store.ts';
import type { Bank } from '../../measure/bank.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import type { Forecast } from '../prediction.ts';
import { firmwareEvent, separator } from './firmware-events.ts';
import { secureBootState } from './secure-boot-state.ts';
import { signatureDatabaseText, signatureText } from './signature-database-text.ts';
import { uefiVariableData } from './uefi-variable-data.ts';

const PCR = 7;

/** What is measured whether or not it exists, in this order (edk2, Tcg2Dxe.c, mVariableType). */
const POLICY_VARIABLES = [
  { guid: VARIABLE_GUIDS.global, name: 'PK' },
  { guid: VARIABLE_GUIDS.global, name: 'KEK' },
  { guid: VARIABLE_GUIDS.imageSecurity, name: 'db' },
  { guid: VARIABLE_GUIDS.imageSecurity, name: 'dbx' },
] as const satisfies readonly VariableName[];

/** Measured only where it exists. */
const TIMESTAMP_DATABASE = { guid: VARIABLE_GUIDS.imageSecurity, name: 'dbt' };

/** The only database whose entries are measured when they allow an image. */
const ALLOWED_DATABASE = { guid: VARIABLE_GUIDS.imageSecurity, name: 'db' };

/** What the firmware's Secure Boot works with. */
export type SecureBootPolicy = {
  /** The variables that the boot sees. */
  readonly store: Pick<VariableStore, 'authenticated' | 'variables'>;
  /** Whether the firmware was built with Secure Boot. */
  readonly hasSecureBoot: boolean;
};

/** The entry of a signature database that allowed an image to run. */
export type ImageAuthority = {
  /** The database: `db`, as a rule. */
  readonly variable: VariableName;
  /** The whole EFI_SIGNATURE_DATA: 16 bytes of owner, then the certificate or hash. */
  readonly signature: Uint8Array;
};

/**
 * Forecasts PCR 7 as edk2 extends it: the policy, a separator, and the authority of every image
 * that the firmware itself loads.
 *
 * @param forecast which banks
 * @param policy the variables, and whether the build has Secure Boot
 * @param authorities what allowed each image, in load order; not looked at unless Secure Boot is on
 * @see TCG PC Client PFP 1.06, 3.3.4.8
 */
export function predictSecureBoot(
  { banks }: Forecast,
  policy: SecureBootPolicy,
  authorities: readonly ImageAuthority[],
): readonly ExpectedEvent[] {
  const measured = secureBootAuthorityEvents({ banks }, policy, authorities);
  return [
    ...secureBootPolicyEvents({ banks }, policy),
    ...measured.filter((event) => event !== undefined),
  ];
}

/**
 * The part of PCR 7 that comes before any image: SecureBoot, PK, KEK, db, dbx, dbt where there is
 * one, and the separator.
 *
 * @param forecast which banks
 * @param policy the variables, and whether the build has Secure Boot
 * @see edk2, SecurityPkg/Tcg/Tcg2Dxe/Tcg2Dxe.c (MeasureAllSecureVariables)
 */
export function secureBootPolicyEvents(
  { banks }: Forecast,
  policy: SecureBootPolicy,
): readonly ExpectedEvent[] {
  const { variables } = policy.store;
  const dbt = findVariable(variables, TIMESTAMP_DATABASE);
  return [
    secureBootEvent(banks, policy),
    ...POLICY_VARIABLES.map((name) => databaseEvent(banks, name, findVariable(variables, name))),
    ...(dbt === undefined ? [] : [databaseEvent(banks, TIMESTAMP_DATABASE, dbt)]),
    separator(banks, PCR),
  ];
}

/**
 * The authority events of images that the firmware loads.
 *
 * @param forecast which banks
 * @param policy the variables, and whether the build has Secure Boot
 * @param authorities what allowed each image, in load order
 * @returns one element for each authority: its event, or `undefined` where the firmware measures
 *   nothing because Secure Boot is not on, the entry is of another database than db, or it was
 *   measured before
 * @see edk2, SecurityPkg/Library/DxeImageVerificationLib/Measurement.c
 */
export function secureBootAuthorityEvents(
  { banks }: Forecast,
  policy: SecureBootPolicy,
  authorities: readonly ImageAuthority[],
): readonly (ExpectedEvent | undefined)[] {
  if (secureBootState(policy.store, policy.hasSecureBoot) !== 'on') {
    return authorities.map(() => undefined);
  }
  const measured = new Set<string>();
  return authorities.map(({ variable, signature }) => {
    const { guid, name } = variable;
    if (guid !== ALLOWED_DATABASE.guid || name !== ALLOWED_DATABASE.name) return undefined;
    const key = toHex(signature);
    if (measured.has(key)) return undefined;
    measured.add(key);
    return firmwareEvent(
      banks,
      {
        pcr: PCR,
        type: 'EV_EFI_VARIABLE_AUTHORITY',
        description: `${name}: ${signatureText(signature)}`,
      },
      uefiVariableData({ guid, name, data: signature }),
    );
  });
}

/** SecureBoot is made anew at every boot; a build without Secure Boot has no such variable. */
function secureBootEvent(banks: readonly Bank[], policy: SecureBootPolicy): ExpectedEvent {
  const state = secureBootState(policy.store, policy.hasSecureBoot);
  const data = state === 'absent' ? [] : [state === 'on' ? 1 : 0];
  return configEvent(
    banks,
    { guid: VARIABLE_GUIDS.global, name: 'SecureBoot' },
    Uint8Array.from(data),
    state,
  );
}

function databaseEvent(
  banks: readonly Bank[],
  name: VariableName,
  variable: { readonly data: Uint8Array } | undefined,
): ExpectedEvent {
  if (variable === undefined) return configEvent(banks, name, new Uint8Array(0), 'does not exist');
  return configEvent(banks, name, variable.data, signatureDatabaseText(variable.data));
}

function configEvent(
  banks: readonly Bank[],
  { guid, name }: VariableName,
  data: Uint8Array,
  text: string,
): ExpectedEvent {
  return firmwareEvent(
    banks,
    { pcr: PCR, type: 'EV_EFI_VARIABLE_DRIVER_CONFIG', description: `${name}: ${text}` },
    uefiVariableData({ guid, name, data }),
  );
}
