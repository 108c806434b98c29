import { describe, expect, it } from 'vitest';
import { BOOT_STAGES, secondsUntilNext, stageOfLine } from './boot-stages.ts';

describe('boot stages', () => {
  it.each([
    ['BdsDxe: starting Boot0002 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x1,0x0)', 'boot-loader'],
    ['EFI stub: Loaded initrd from LINUX_EFI_INITRD_MEDIA_GUID device path', 'boot-loader'],
    ['../src/boot/stub.c:944@inner_main: something', 'boot-loader'],
    ['[    0.000000] Linux version 6.12.117+deb13-cloud-amd64', 'kernel'],
    ['[    0.000000][    T0] Linux version 6.12.117+deb13-cloud-amd64', 'kernel'],
    ['[    1.234567] Run /init as init process', 'initrd'],
    ['cvm-stage: initrd', 'initrd'],
    ['[    1.500000] cvm-stage: root', 'root'],
    ['cvm-stage: ready', 'ssh'],
    ['BdsDxe: loading Boot0002 "UEFI Misc Device"', undefined],
    ['BdsDxe: starting Boot0002 "EFI Internal Shell" from Fv(7CB8BDC9)', undefined],
    ['my cvm-stage: ready or not', undefined],
    ['', undefined],
  ])('are told by their lines: %s', (line, stage) => {
    expect(stageOfLine(line)).toBe(stage);
  });

  it('that are announced have deadlines of their own', () => {
    const announced = new Set(BOOT_STAGES.map((stage) => stage.name));
    for (const stage of BOOT_STAGES) {
      expect(secondsUntilNext(stage.name, announced)).toBe(stage.seconds);
    }
  });

  it('that may pass unseen lend theirs to the one before', () => {
    const seconds = (name: string) =>
      BOOT_STAGES.find((stage) => stage.name === name)?.seconds ?? 0;
    expect(secondsUntilNext('boot-loader', new Set(['boot-loader', 'initrd']))).toBe(
      seconds('boot-loader') + seconds('kernel'),
    );
    const total = BOOT_STAGES.reduce((sum, stage) => sum + stage.seconds, 0);
    expect(secondsUntilNext('firmware', new Set())).toBe(total);
    expect(secondsUntilNext('ssh', new Set())).toBe(seconds('ssh'));
  });
});
