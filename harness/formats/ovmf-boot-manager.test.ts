import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readOvmfBootManager } from './ovmf-boot-manager.ts';
import { makeVolume } from './testing/make-firmware.ts';
import { type MadeOvmf, madeOvmf, makeOvmfVolume } from './testing/make-ovmf.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const SETUP = '462caa21-7614-4503-836e-8ab6f4662331';
const MENU = 'eec25bdc-67f2-4d95-b1d5-f81b2039d11d';
const SHELL = '7c04a583-9e3e-4f1c-ad65-e05268d0b4d1';

function read(made: MadeOvmf) {
  return readOvmfBootManager(madeOvmf(made));
}

describe('the boot manager of an OVMF build', () => {
  it('is known by the volume it is in', () => {
    expect(read({})?.volume).toBe('7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1');
  });

  it('has the set-up for a menu until edk2-stable202502', () => {
    expect(read({ release: '202502' })).toMatchObject({
      menu: { file: SETUP, description: 'UiApp' },
      hasSetupOption: false,
    });
  });

  it('has a menu of its own since, and an option for the set-up', () => {
    expect(read({})).toMatchObject({
      menu: { file: MENU, description: 'BootManagerMenuApp' },
      hasSetupOption: true,
      restrictsToFirmware: false,
    });
  });

  it('of the AmdSev build boots nothing but what is in the firmware', () => {
    expect(read({ isAmdSev: true })).toMatchObject({ restrictsToFirmware: true });
  });

  it('may come with a shell, or without', () => {
    expect(read({})?.files.has(SHELL)).toBe(true);
    expect(read({ hasShell: false })?.files.has(SHELL)).toBe(false);
  });

  it('is not found in firmware of another kind', () => {
    const dxeVolume = bytesSource('DXE volume', makeVolume({ files: [] }));
    expect(readOvmfBootManager({ dxeVolume })).toBeUndefined();
  });

  it('is read from any bytes, or refused with their place', () => {
    fc.assert(
      fc.property(mutations(makeOvmfVolume()), (bytes) => {
        resultOrFormatError(() => readOvmfBootManager({ dxeVolume: bytesSource('DXE', bytes) }));
      }),
    );
  });
});
