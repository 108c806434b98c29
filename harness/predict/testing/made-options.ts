import type { EfiVariable } from '../../formats/efi-variable.ts';
import { VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import { type BootOption, bootOptionData } from '../platform/boot-option.ts';
import { bootOptionName, bootOrderData } from '../platform/boot-option-list.ts';

/** Attributes of variables that a boot keeps: non-volatile, of boot and run time. */
const KEPT = 7;

/** A global variable. */
export function globalVariable(name: string, data: Uint8Array): EfiVariable {
  return { guid: VARIABLE_GUIDS.global, name, attributes: KEPT, data, timestamp: undefined };
}

/** A variable store with boot options, in the order of their numbers or in that of BootOrder. */
export function storeWithOptions(
  options: Readonly<Record<number, BootOption | Uint8Array>>,
  order = Object.keys(options).map(Number),
) {
  const variables = Object.entries(options).map(([number, option]) =>
    globalVariable(
      bootOptionName(Number(number)),
      option instanceof Uint8Array ? option : bootOptionData(option),
    ),
  );
  return {
    authenticated: true,
    variables: [globalVariable('BootOrder', bootOrderData({ order })), ...variables],
  };
}
