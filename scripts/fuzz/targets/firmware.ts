import { Cursor } from '../../../harness/bytes/cursor.ts';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { readFirmwareModules } from '../../../harness/formats/firmware-modules.ts';
import {
  findFirmwareVolumes,
  packedSections,
  readFirmwareVolumes,
} from '../../../harness/formats/firmware-volume.ts';
import { IGVM_PLATFORM, readIgvm } from '../../../harness/formats/igvm.ts';
import { decodeLzma } from '../../../harness/formats/lzma.ts';
import { readOvmfBuild } from '../../../harness/formats/ovmf-build.ts';
import { readOvmfFooter } from '../../../harness/formats/ovmf-footer.ts';
import { readOvmfSev } from '../../../harness/formats/ovmf-sev.ts';
import {
  makeLzmaSection,
  makeSection,
  makeSections,
  makeVolume,
} from '../../../harness/formats/testing/make-firmware.ts';
import { makeLzma } from '../../../harness/formats/testing/make-lzma.ts';
import { makeOvmfVolume } from '../../../harness/formats/testing/make-ovmf.ts';
import { readFirmware } from '../../../harness/predict/firmware/firmware.ts';
import { igvmDigest } from '../../../harness/sev/igvm-digest.ts';
import { readLaunchFirmware } from '../../../harness/sev/launch-firmware.ts';
import { snpFirmwareDigest } from '../../../harness/sev/snp-digest.ts';
import {
  makeIgvm,
  pageData,
  parameters,
  platform,
  vpContext,
} from '../../../harness/sev/testing/make-igvm.ts';
import { ABLE, makeOvmf } from '../../../harness/sev/testing/make-ovmf.ts';
import { repairVolumes } from '../repair-firmware.ts';
import { repairIgvm } from '../repair-igvm.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii, guids } from '../words.ts';

/** What firmware volumes allow all compressed sections together. */
const UNPACKED_BYTES = 64 << 20;

const TEXT = Buffer.from('a section, a section, another section');
const FOOTER_WORDS = guids(
  '96b582de-1fb2-45f7-baea-a366c55a082d',
  '7255371f-3a3b-4b04-927b-1da6efa8d454',
  'dc886566-984a-4798-a75e-5585a7bf67cc',
  '00f771de-1a7e-4fcb-890e-68c77e2fb44e',
);
const VOLUME_WORDS = [
  ...ascii('_FVH'),
  ...guids('8c8ce578-8a3d-4f1c-9935-896185c32dd3', 'ee4e5898-3914-4259-9d6e-dc7bd79403cf'),
];

/** Readers of firmware images and of what stands in them. */
export const FIRMWARE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'firmware-volume',
    covers: [
      'findFirmwareVolumes',
      'readFirmwareVolumes',
      'readFirmwareVolumeHeader',
      'readFirmwareFiles',
      'readSections',
    ],
    made: volumes,
    words: VOLUME_WORDS,
    repair: repairVolumes,
    read: (bytes) => {
      const source = bytesSource('image', bytes);
      const packed = packedSections(source);
      return [findFirmwareVolumes(source), packed, readFirmwareVolumes(source)];
    },
  },
  {
    name: 'firmware-modules',
    covers: ['readFirmwareModules'],
    made: () => [makeOvmfVolume(), makeOvmfVolume({ isAmdSev: true })],
    words: VOLUME_WORDS,
    repair: repairVolumes,
    read: (bytes) => readFirmwareModules(bytesSource('image', bytes)),
  },
  {
    name: 'ovmf',
    covers: ['readOvmfBuild', 'readFirmware'],
    made: () => volumes().map((volume) => Buffer.concat([volume, makeOvmf(ABLE)])),
    words: VOLUME_WORDS,
    repair: repairVolumes,
    read: (bytes) => {
      const build = readOvmfBuild(bytesSource('image', bytes));
      return [build, readFirmware(bytesSource('image', bytes), undefined)];
    },
  },
  {
    name: 'lzma',
    covers: ['decodeLzma'],
    made: () => [makeLzma(TEXT), makeLzma(new Uint8Array(2000)), makeLzma(new Uint8Array(0))],
    read: (bytes) => decodeLzma(new Cursor('data', bytes), UNPACKED_BYTES),
  },
  {
    name: 'ovmf-footer',
    covers: ['readOvmfFooter', 'readOvmfSev', 'readLaunchFirmware'],
    made: () => [makeOvmf(ABLE), makeOvmf({ pages: 2, svsmEntry: 0x10 }), makeOvmf({})],
    fixtures: ['launch/ovmf_AmdSev_suffix.bin', 'launch/ovmf_OvmfX64_suffix.bin'],
    words: [...FOOTER_WORDS, ...ascii('ASEV')],
    maxBytes: 12 << 10,
    read: (bytes) => {
      const source = bytesSource('image', bytes);
      const footer = readOvmfFooter(source);
      return [footer, readOvmfSev(source, footer), readLaunchFirmware(source)];
    },
  },
  {
    name: 'launch-digest',
    covers: [],
    made: () => [makeOvmf(ABLE)],
    words: [...FOOTER_WORDS, ...ascii('ASEV')],
    maxBytes: 8 << 10,
    read: (bytes) => snpFirmwareDigest(bytesSource('image', bytes)).digest,
  },
  {
    name: 'igvm',
    covers: ['readIgvm'],
    made: () => [
      makeIgvm([platform(2), pageData(0x1000, { offset: 0x1000 })], new Uint8Array(0x1000)),
      makeIgvm(
        [
          platform(4, 2),
          platform(2),
          ...parameters(0x5000, 0x2000),
          pageData(0x200000, { flags: 1 }),
          pageData(0x8000, { type: 1 }),
          vpContext(0x9000, 0x1000),
        ],
        new Uint8Array(0x1000),
        2,
      ),
    ],
    words: ascii('IGVM'),
    repair: repairIgvm,
    maxBytes: 16 << 10,
    read: (bytes) => {
      const source = bytesSource('image', bytes);
      return [readIgvm(source, IGVM_PLATFORM.sevSnp), igvmDigest(source)];
    },
  },
];

function volumes(): readonly Uint8Array[] {
  const inner = makeVolume({
    files: [
      { type: 4, content: TEXT },
      { type: 5, content: TEXT, isLarge: true },
    ],
  });
  const image = makeSection(0x17, inner);
  return [
    inner,
    makeVolume({
      files: [
        { type: 0xf0, content: TEXT },
        { content: TEXT, hasChecksum: true },
      ],
    }),
    makeVolume({ files: [{ type: 0x0b, content: makeSections(image) }], hasExtendedHeader: true }),
    makeVolume({
      files: [
        {
          type: 0x0b,
          content: makeSections(makeSection(0x19, TEXT, true), makeLzmaSection(image)),
        },
      ],
    }),
  ];
}
