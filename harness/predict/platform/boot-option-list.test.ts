import { describe, expect, it } from 'vitest';
import { globalVariable, storeWithOptions } from '../testing/made-options.ts';
import { pciPath } from './boot-device-path.ts';
import type { BootOption } from './boot-option.ts';
import {
  bootOrderData,
  optionsOf,
  storedOptions,
  withOption,
  withoutDamaged,
  withoutOption,
} from './boot-option-list.ts';

function option(description: string): BootOption {
  const path = pciPath([{ device: 1, function: 0 }]);
  return { attributes: 1, description, path, optionalData: new Uint8Array(0) };
}

const LIST = storedOptions(storeWithOptions({ 0: option('A'), 2: option('C') }, [2, 0]));

describe('the list of boot options', () => {
  it('is in the order of BootOrder', () => {
    expect(optionsOf(LIST).map(({ number, description }) => [number, description])).toEqual([
      [2, 'C'],
      [0, 'A'],
    ]);
    expect(Buffer.from(bootOrderData(LIST)).toString('hex')).toBe('02000000');
  });

  it('takes a new option at its end, under the first free number', () => {
    const { order, values } = withOption(LIST, option('B'));
    expect(order).toEqual([2, 0, 1]);
    expect([...values.keys()]).toEqual([0, 2, 1]);
  });

  it('keeps the number that BootNext names', () => {
    const { variables } = storeWithOptions({ 0: option('A') });
    const next = globalVariable('BootNext', Uint8Array.of(1, 0));
    const list = storedOptions({ variables: [...variables, next] });
    expect(withOption(list, option('B')).order).toEqual([0, 2]);
  });

  it('loses an option with its variable', () => {
    const { order, values } = withoutOption(LIST, 2);
    expect(order).toEqual([0]);
    expect([...values.keys()]).toEqual([0]);
  });

  it('loses options that are damaged or do not exist', () => {
    const store = storeWithOptions({ 0: option('A'), 1: Uint8Array.of(1, 2, 3) }, [3, 1, 0]);
    const list = withoutDamaged(storedOptions(store));
    expect(list.order).toEqual([0]);
    expect([...list.values.keys()]).toEqual([0]);
  });

  it('reads no variable of another vendor or another name', () => {
    const { variables } = storeWithOptions({ 0: option('A') });
    const foreign = variables.map((variable) => ({ ...variable, guid: 'other' }));
    const lowerCase = globalVariable('Boot00ab', new Uint8Array(0));
    expect(storedOptions({ variables: [...foreign, lowerCase] })).toEqual({
      order: [],
      values: new Map(),
      next: undefined,
    });
  });
});
