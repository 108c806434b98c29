import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, eventTypeName, isEventTypeName } from './event-types.ts';

describe('event types', () => {
  it.each([
    // TCG PC Client PFP 1.06, table 27.
    [0x00000003, 'EV_NO_ACTION'],
    [0x00000004, 'EV_SEPARATOR'],
    [0x0000000c, 'EV_COMPACT_HASH'],
    [0x00000011, 'EV_NONHOST_INFO'],
    [0x00000013, 'EV_POST_CODE2'],
    [0x80000001, 'EV_EFI_VARIABLE_DRIVER_CONFIG'],
    [0x8000000a, 'EV_EFI_PLATFORM_FIRMWARE_BLOB2'],
    [0x8000000b, 'EV_EFI_HANDOFF_TABLES2'],
    [0x8000000d, 'EV_EFI_GPT_EVENT2'],
    [0x80000010, 'EV_EFI_HCRTM_EVENT'],
    [0x800000e0, 'EV_EFI_VARIABLE_AUTHORITY'],
    [0x800000e4, 'EV_EFI_SPDM_DEVICE_AUTHORITY'],
  ])('0x%s has its TCG name', (number, name) => {
    expect(eventTypeName(number)).toBe(name);
  });

  it('that the profile does not know are shown as numbers', () => {
    expect(eventTypeName(0x8401)).toBe('0x8401');
    expect(eventTypeName(0xffffffff)).toBe('0xffffffff');
    expect(isEventTypeName('0x8401')).toBe(false);
  });

  it('have one number each', () => {
    const numbers = Object.values(EVENT_TYPES);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
