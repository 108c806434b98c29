import { guidBytes } from '../../bytes/guid.ts';
import { bytesSource } from '../../bytes/source.ts';
import type { OvmfBuild } from '../ovmf-build.ts';
import { type MadeFile, makeSection, makeSections, makeVolume } from './make-firmware.ts';

/** Name of OVMF's volume with the DXE drivers. */
const VOLUME = '7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1';

/** Where the volume's name is in a made volume. */
const NAME_OFFSET = 72;

const GUIDS = {
  bds: '6d33944a-ec75-4855-a54d-809c75241f6c',
  setup: '462caa21-7614-4503-836e-8ab6f4662331',
  menu: 'eec25bdc-67f2-4d95-b1d5-f81b2039d11d',
  shell: '7c04a583-9e3e-4f1c-ad65-e05268d0b4d1',
  grub: 'b5ae312c-bc8a-43b1-9c62-ebb826dd5d07',
  smbiosPlatform: '4110465d-5ff3-4f4b-b580-24ed0d06747a',
  smbiosMeasurement: 'd27fed59-abb4-4fed-bead-2a878c7e4a7e',
};

const VENDOR = 'Debian distribution of EDK II';

/** A build of OVMF; what is left out is as in a build with a shell and without Secure Boot. */
export type MadeOvmf = {
  /** `202502`: the set-up is the boot manager's menu. `202505`: it has an option, the menu is a program. */
  readonly release?: '202502' | '202505';
  /** The build that boots nothing but its own GRUB. */
  readonly isAmdSev?: boolean;
  readonly hasShell?: boolean;
  readonly needsSmm?: boolean;
  /** Texts of the driver that makes SMBIOS type 0. */
  readonly smbiosTexts?: readonly string[];
};

/** The files of a volume with what is looked for in OVMF's DXE drivers. */
export function makeOvmfVolume(made: MadeOvmf = {}): Uint8Array {
  const { release = '202505', isAmdSev = false, hasShell = !isAmdSev } = made;
  const files = [
    driver(GUIDS.bds, bootManagerImage(release, isAmdSev)),
    program(GUIDS.setup, 'UiApp'),
    ...(release === '202505' ? [program(GUIDS.menu, 'BootManagerMenuApp')] : []),
    ...(hasShell ? [program(GUIDS.shell, 'Shell')] : []),
    ...(isAmdSev ? [program(GUIDS.grub, 'Grub')] : []),
    driver(GUIDS.smbiosPlatform, texts(made.smbiosTexts ?? smbiosTexts())),
    ...(release === '202505' && !isAmdSev ? [driver(GUIDS.smbiosMeasurement, Buffer.of(0))] : []),
  ];
  const volume = makeVolume({ files, hasExtendedHeader: true });
  volume.set(guidBytes(VOLUME), NAME_OFFSET);
  return volume;
}

/** A build of OVMF with such a volume. */
export function madeOvmf(made: MadeOvmf = {}): OvmfBuild {
  return {
    hasSecureBoot: false,
    needsSmm: made.needsSmm ?? false,
    verifiesEcdsa: false,
    version: '2026.08+ds-2',
    peiVolume: bytesSource('PEI volume', new Uint8Array(16)),
    dxeVolume: bytesSource('DXE volume', makeOvmfVolume(made)),
  };
}

/** What stands in the driver of Debian's build, the bytes before a text taken for text included. */
function smbiosTexts(): readonly string[] {
  return ['unknown', '02/02/2022', '09/26/2026', '2026.08+ds-2', `@${VENDOR}`];
}

function bootManagerImage(release: string, isAmdSev: boolean): Buffer {
  const isNew = release === '202505';
  return Buffer.concat([
    texts([VENDOR, 'EFI Internal Shell', ...(isNew ? ['EFI Firmware Setup'] : [])]),
    guidBytes(GUIDS.setup),
    ...(isNew ? [guidBytes(GUIDS.menu)] : []),
    Buffer.from(isAmdSev ? '%a: No bootable option was found.\n\0' : ''),
  ]);
}

function texts(all: readonly string[]): Buffer {
  return Buffer.from(`\0${all.map((text) => `${text}\0`).join('')}`, 'utf16le');
}

function driver(name: string, image: Uint8Array): MadeFile {
  return { name, content: makeSection(0x10, image) };
}

/** An application with a name for people. */
function program(name: string, title: string): MadeFile {
  const image = makeSection(0x10, Buffer.of(0x4d, 0x5a));
  const userInterface = makeSection(0x15, Buffer.from(`${title}\0`, 'utf16le'));
  return { name, type: 0x09, content: makeSections(image, userInterface) };
}
