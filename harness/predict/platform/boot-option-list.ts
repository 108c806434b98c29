import { Cursor } from '../../bytes/cursor.ts';
import { findVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import type { VariableStore } from '../../formats/efi-variable-store.ts';
import { type BootOption, bootOptionData, readBootOption } from './boot-option.ts';

/** BootNext, BootOrder and the `Boot####` variables at one moment of a boot. */
export type BootOptionList = {
  /** BootOrder; without numbers, the variable does not exist. */
  readonly order: readonly number[];
  /** Values of the `Boot####` variables by their number, in BootOrder or not. */
  readonly values: ReadonlyMap<number, Uint8Array>;
  readonly next: number | undefined;
};

/** A boot option with the number of its variable. */
export type NumberedOption = BootOption & { readonly number: number };

/**
 * The boot options of a variable store.
 *
 * @param store the variables that the boot sees
 */
export function storedOptions({ variables }: Pick<VariableStore, 'variables'>): BootOptionList {
  const global = variables.filter(({ guid }) => guid === VARIABLE_GUIDS.global);
  const numbersIn = (name: string) =>
    numbersOf(findVariable(global, { guid: VARIABLE_GUIDS.global, name })?.data);
  const values = global.flatMap(({ name, data }) => {
    const number = /^Boot([0-9A-F]{4})$/.exec(name)?.[1];
    return number === undefined ? [] : [[Number.parseInt(number, 16), data] as const];
  });
  const next = numbersIn('BootNext');
  return {
    order: numbersIn('BootOrder'),
    values: new Map(values),
    next: next.length === 1 ? next[0] : undefined,
  };
}

/** Name of a boot option's variable. */
export function bootOptionName(number: number): string {
  return `Boot${number.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The value of BootOrder: 16-bit numbers, little-endian. */
export function bootOrderData({ order }: Pick<BootOptionList, 'order'>): Uint8Array {
  const data = Buffer.alloc(2 * order.length);
  for (const [index, number] of order.entries()) data.writeUInt16LE(number, 2 * index);
  return data;
}

/** The options that BootOrder names, in its order; those that are damaged are passed over. */
export function optionsOf({ order, values }: BootOptionList): readonly NumberedOption[] {
  return order.flatMap((number) => {
    const value = values.get(number);
    const option = value && readBootOption(value);
    return option ? [{ ...option, number }] : [];
  });
}

/** Whenever the boot manager reads the options, it deletes those that do not exist or are damaged. */
export function withoutDamaged(list: BootOptionList): BootOptionList {
  const sound = new Set(optionsOf(list).map(({ number }) => number));
  return list.order.filter((number) => !sound.has(number)).reduce(withoutOption, list);
}

/**
 * Adds an option at the end of BootOrder, under the first number that neither BootOrder nor BootNext has.
 *
 * @see edk2, MdeModulePkg/Library/UefiBootManagerLib/BmLoadOption.c (EfiBootManagerAddLoadOptionVariable)
 */
export function withOption(list: BootOptionList, option: BootOption): BootOptionList {
  const { order, values, next } = list;
  const taken = new Set([...order, ...(next === undefined ? [] : [next])]);
  let number = 0;
  while (taken.has(number)) number++;
  if (number > 0xffff) return list;
  return {
    order: [...order, number],
    values: new Map([...values, [number, bootOptionData(option)]]),
    next,
  };
}

/** Deletes an option's variable and the first place of its number in BootOrder. */
export function withoutOption(list: BootOptionList, number: number): BootOptionList {
  const place = list.order.indexOf(number);
  return {
    ...list,
    order: list.order.filter((_, index) => index !== place),
    values: new Map([...list.values].filter(([other]) => other !== number)),
  };
}

function numbersOf(data: Uint8Array = new Uint8Array(0)): readonly number[] {
  const cursor = new Cursor('numbers of boot options', data);
  return Array.from({ length: Math.floor(data.length / 2) }, () => cursor.u16('option number'));
}
