/** A UEFI variable, as GetVariable() returns it. */
export type EfiVariable = {
  readonly name: string;
  /** GUID of the vendor, e.g. `8be4df61-93ca-11d2-aa0d-00e098032b8c`. */
  readonly guid: string;
  /** EFI_VARIABLE_… bits (UEFI 2.11, 8.2). */
  readonly attributes: number;
  readonly data: Uint8Array;
  /** Time stamp of a time-based authenticated variable, e.g. `2010-03-06T19:17:21Z`. */
  readonly timestamp: string | undefined;
};

/** GUID and name: together they name a variable. */
export type VariableName = Pick<EfiVariable, 'guid' | 'name'>;

/** Vendor GUIDs of the variables that matter to Secure Boot. */
export const VARIABLE_GUIDS = {
  /** EFI_GLOBAL_VARIABLE (UEFI 2.11, 3.3). */
  global: '8be4df61-93ca-11d2-aa0d-00e098032b8c',
  /** EFI_IMAGE_SECURITY_DATABASE_GUID (UEFI 2.11, 32.4.1). */
  imageSecurity: 'd719b2cb-3d3a-4596-a3bc-dad00e67656f',
  /** gEfiSecureBootEnableDisableGuid (edk2, SecurityPkg.dec). */
  secureBootEnable: 'f0a30bc7-af08-4556-99c4-001009c93a44',
} as const;

/**
 * Finds a variable by its name and vendor.
 *
 * @returns the variable; `undefined` where it does not exist
 */
export function findVariable<Variable extends VariableName>(
  variables: readonly Variable[],
  { guid, name }: VariableName,
): Variable | undefined {
  return variables.find((variable) => variable.guid === guid && variable.name === name);
}

/** One text for GUID and name, usable as a key: every GUID is equally long. */
export function variableKey({ guid, name }: VariableName): string {
  return `${guid} ${name}`;
}
