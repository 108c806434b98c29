import { findVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import type { VariableStore } from '../../formats/efi-variable-store.ts';

/**
 * What Secure Boot does at a boot: images are verified (`on`), are not though keys are enrolled
 * (`off`), cannot be because there is no platform key (`setup`), or the firmware knows no Secure
 * Boot (`absent`).
 */
export type SecureBootState = 'on' | 'off' | 'setup' | 'absent';

/** SECURE_BOOT_ENABLE. */
const ENABLED = 1;

/**
 * Derives the state of Secure Boot as edk2 does when its variable services start: a platform key
 * means user mode; there, SecureBootEnable decides and is made 1 where it does not exist. CustomMode
 * is reset at every boot, and edk2 has no audit or deployed mode.
 *
 * @param store the variables that the boot sees
 * @param hasSecureBoot whether the firmware was built with Secure Boot
 * @see edk2, SecurityPkg/Library/AuthVariableLib/AuthVariableLib.c
 */
export function secureBootState(
  store: Pick<VariableStore, 'authenticated' | 'variables'>,
  hasSecureBoot: boolean,
): SecureBootState {
  if (!hasSecureBoot || !store.authenticated) return 'absent';
  if (!findVariable(store.variables, { guid: VARIABLE_GUIDS.global, name: 'PK' })) return 'setup';
  const enable = findVariable(store.variables, {
    guid: VARIABLE_GUIDS.secureBootEnable,
    name: 'SecureBootEnable',
  });
  return enable === undefined || enable.data[0] === ENABLED ? 'on' : 'off';
}
