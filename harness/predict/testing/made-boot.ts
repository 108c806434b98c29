import type { EfiVariable } from '../../formats/efi-variable.ts';
import { type MadeFiles, makeFat } from '../../formats/testing/make-fat.ts';
import { makeSection, makeVolume } from '../../formats/testing/make-firmware.ts';
import { makeGptDisk } from '../../formats/testing/make-gpt.ts';
import { madeOvmf } from '../../formats/testing/make-ovmf.ts';
import { type MadePe, makePe } from '../../formats/testing/make-pe.ts';
import type { Firmware } from '../firmware/firmware.ts';

/** Digests that every log has: they are named in the logs of the fixtures and by tpm2_eventlog. */
export const WELL_KNOWN = {
  separator: 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119',
  callingApplication: '3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba',
  exitInvocation: 'd8043d6b7b85ad358eb3b6ae6a873ab7ef23a26352c5dc4faa5aeedacf5eb41b',
  exitFailure: '23ddecbc32ea9e91ffc984b55d9fb34b24f61fd6d95d5d33dd95e824415fdd4f',
  exitSuccess: 'b54f7542cbd872a81a9d9dea839b2b8d747c7ebd5ea6615c40f42f44a6dbeba0',
  /** PCR 2, 3 or 6 that was extended with a separator and nothing else. */
  separatorOnly: '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969',
} as const;

/** A firmware with the drivers that measure. */
export function madeFirmware(variables: readonly EfiVariable[] = []): Firmware {
  return {
    build: { ...madeOvmf({ needsSmm: true }), hasSecureBoot: true, version: '1.0' },
    store: { authenticated: true, variables },
  };
}

/** A kernel that is a PE image. */
export const MADE_KERNEL = makePe({ sections: [{ name: '.text', data: 'kernel' }] });

/** A UKI on a stub of a version. */
export function makeUki(version: number, made: MadePe = {}): Uint8Array {
  return makePe({
    ...made,
    sections: [
      { name: '.sdmagic', data: `#### LoaderInfo: systemd-stub ${version} ####` },
      { name: '.osrel', data: 'ID=test\n' },
      { name: '.cmdline', data: 'quiet' },
      { name: '.initrd', data: 'initrd' },
      { name: '.linux', data: MADE_KERNEL },
      ...(made.sections ?? []),
    ],
  });
}

/** Where the partition of a made disk begins, and how its sectors are counted, in bytes. */
export const MADE_PARTITION = { offset: 64 * 512, sectorBytes: 512 } as const;

/**
 * A disk with one partition that holds files.
 *
 * @param type the partition's type; that of a root file system unless given
 */
export function makeBootDisk(files: MadeFiles, type?: string): Uint8Array {
  const volume = makeFat(files, 256);
  const first = MADE_PARTITION.offset / MADE_PARTITION.sectorBytes;
  const last = first + volume.length / MADE_PARTITION.sectorBytes - 1;
  const partition = type === undefined ? { first, last } : { first, last, type };
  const disk = makeGptDisk({ sectors: last + 40, partitions: [partition] });
  disk.set(volume, MADE_PARTITION.offset);
  return disk;
}

/** A flash image with a firmware that knows Secure Boot, in one volume without compression. */
export function makeFirmwareImage(): Uint8Array {
  const secureBoot = makeSection(0x10, Buffer.from('\0\0SecureBootEnable\0', 'utf16le'));
  return makeVolume({
    files: [
      { type: 0x04, content: new Uint8Array(4) },
      { type: 0x05, content: new Uint8Array(4) },
      { content: secureBoot },
    ],
  });
}
