import { type EfiVariable, findVariable } from '../../formats/efi-variable.ts';

/** SHIM_LOCK_GUID: the vendor of shim's variables and the owner of what it adds to lists. */
export const SHIM_LOCK_GUID = '605dab50-e046-4300-abb6-3dd810dd8b23';

const NON_VOLATILE_OR_BOOT_SERVICE = 0x03;
const RUNTIME_ACCESS = 0x04;

/** Variables by which an operating system asks for MokManager. */
const REQUESTS = [
  ...['MokNew', 'MokSB', 'MokPW', 'MokAuth', 'MokDel', 'MokDB'],
  ...['MokXNew', 'MokXDel', 'MokXAuth', 'MokListTrustedNew'],
];

/** A variable of shim's vendor, whatever its attributes. */
export function findShimVariable(
  variables: readonly EfiVariable[],
  name: string,
): EfiVariable | undefined {
  return findVariable(variables, { guid: SHIM_LOCK_GUID, name });
}

/**
 * The value of a state variable of shim. One that the operating system could have set is deleted.
 *
 * @returns `undefined` where there is none that shim believes
 * @see shim 16.1, mok.c (import_one_mok_state)
 */
export function shimStateOf(
  variables: readonly EfiVariable[],
  name: string,
): Uint8Array | undefined {
  const variable = findShimVariable(variables, name);
  if (variable === undefined || variable.data.length === 0) return undefined;
  const { attributes, data } = variable;
  const isBelieved =
    (attributes & NON_VOLATILE_OR_BOOT_SERVICE) !== 0 && (attributes & RUNTIME_ACCESS) === 0;
  return isBelieved ? data : undefined;
}

/** Whether a state of one byte is set, e.g. MokSBState: only then does shim look at it. */
export function isShimStateSet(variables: readonly EfiVariable[], name: string): boolean {
  const data = shimStateOf(variables, name);
  return data?.length === 1 && data[0] !== 0;
}

/** The variable that has shim start MokManager instead of going on; absent where there is none. */
export function shimRequest(variables: readonly EfiVariable[]): string | undefined {
  return REQUESTS.find((name) => findShimVariable(variables, name) !== undefined);
}
