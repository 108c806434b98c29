import { describe, expect, it } from 'vitest';
import { withOtherBit, withSetupHeader } from './inputs.ts';

describe('what a case changes', () => {
  it('is one bit', () => {
    const bytes = Uint8Array.of(0, 1, 2, 3);
    expect(withOtherBit(bytes)).toEqual(Uint8Array.of(0, 1, 3, 3));
    expect(bytes).toEqual(Uint8Array.of(0, 1, 2, 3));
  });

  it('is the setup header that QEMU fills in, at the places of the boot protocol', () => {
    const patched = withSetupHeader(new Uint8Array(0x240));
    const set = [...patched.entries()].filter(([, byte]) => byte !== 0);
    // type_of_loader, loadflags with CAN_USE_HEAP, heap_end_ptr, cmd_line_ptr
    expect(set).toEqual([
      [0x210, 0xb0],
      [0x211, 0x80],
      [0x225, 0xfe],
      [0x22a, 0x02],
    ]);
  });
});
