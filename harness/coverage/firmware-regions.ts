import { type ByteSource, chunksOf } from '../bytes/source.ts';
import { FILE_TYPE, readFirmwareFiles } from '../formats/firmware-file.ts';
import { findFirmwareVolumes } from '../formats/firmware-volume.ts';
import type { FirmwareVolumeHeader } from '../formats/firmware-volume-header.ts';
import { type OvmfBuild, readOvmfBuild } from '../formats/ovmf-build.ts';
import { FOOTER_GUIDS, type FooterEntry, readOvmfFooter } from '../formats/ovmf-footer.ts';
import { readOvmfSev } from '../formats/ovmf-sev.ts';
import { ConsumptionMap } from './consumption-map.ts';
import { type Protection, type Region, UNPROTECTED } from './region.ts';
import { type Span, tile } from './tile.ts';
import { TracedSource } from './traced-source.ts';
import { variableRegions } from './variable-regions.ts';

/** Sizes of a file's header, and of what ends an OVMF image, in bytes. */
const FILE_HEADER_BYTES = 24;
const RESET_VECTOR_BYTES = 16;
const FOOTER_FROM_END = 0x20;

/** gEfiSystemNvDataFvGuid: the file system of a volume that holds variables. */
const NV_DATA = 'fff12b8d-7696-4c8b-a985-2747075b4f50';

/** What the firmware measures of itself when it unpacks it. */
const MEASURED: Protection = {
  detectedBy: ['PCR 0'],
  partly: 'of a packed volume its contents are measured, not its packing',
  steers: true,
};

/** Nothing tells of a change, unless it hides the firmware. */
const LEADING: Protection = { detectedBy: [], steers: true };

/** What starts the machine and unpacks the rest, which nothing but a launch digest tells of. */
const EXECUTED = { ...UNPROTECTED, executed: true } as const;

/**
 * The regions of a flash image with the firmware's code. What an SEV guest is launched with is in its
 * launch digest, whatever it is.
 *
 * @param image the flash image
 * @returns in order; they cover the image exactly once
 * @throws FormatError where a volume or file is damaged, or there is no firmware in the image
 */
export function firmwareRegions(image: ByteSource): readonly Region[] {
  const traced = new TracedSource(image);
  const build = readOvmfBuild(traced);
  const footer = readOvmfFooter(image);
  const small = footerRegions(image, footer);
  const volumes = findFirmwareVolumes(image).flatMap((volume) =>
    volume.offset === 0 && volume.fileSystem === NV_DATA
      ? variableRegions(image, build.hasSecureBoot)
      : volumeRegions(image, volume),
  );
  const span = { start: 0, end: image.size };
  const large = tile(span, volumes, { what: 'between the firmware volumes', ...UNPROTECTED });
  const cut = large.flatMap((region) => tile(region, within(small, region), region));
  const measured = new ConsumptionMap(selfMeasurements(traced, build)).applyTo(cut);
  return isForSev(image, footer) ? measured.map(launched) : measured;
}

/** Volumes that are measured as they lie in flash. */
function selfMeasurements(traced: TracedSource, { peiVolume, dxeVolume }: OvmfBuild) {
  return [peiVolume, dxeVolume].map((volume) => ({
    mechanism: 'PCR 0' as const,
    runs: traced.placesOf(chunksOf(volume, 0, volume.size, 'firmware volume')),
  }));
}

function within(regions: readonly Region[], { start, end }: Span): readonly Region[] {
  return regions.filter((one) => one.start < end && one.end > start);
}

/** Whether the build knows how to start as a guest of SEV-ES or SEV-SNP. */
function isForSev(image: ByteSource, footer: readonly FooterEntry[]): boolean {
  const { sections, apResetEip } = readOvmfSev(image, footer);
  return sections !== undefined || apResetEip !== undefined;
}

function launched(region: Region): Region {
  const { partly: _, ...rest } = region;
  return { ...rest, detectedBy: ['launch digest', ...region.detectedBy] };
}

function volumeRegions(image: ByteSource, volume: FirmwareVolumeHeader): readonly Region[] {
  const { offset, length, headerLength } = volume;
  const header = { start: offset, end: offset + headerLength };
  const files = [...readableFiles(image, volume)].map(({ name, type, content }) => {
    const cursor = content();
    const start = cursor.offset - FILE_HEADER_BYTES;
    const end = cursor.offset + cursor.remaining;
    return type === FILE_TYPE.volumeImage
      ? { start, end, what: `packed firmware volumes (file ${name})`, ...MEASURED }
      : { start, end, what: `firmware file ${name}`, ...EXECUTED };
  });
  return tile(
    { start: offset, end: offset + length },
    [{ ...header, what: 'firmware volume header', ...LEADING }, ...files],
    { what: 'padding and free space of a firmware volume', ...LEADING },
  );
}

/** File systems of volumes with files: FFS2 and FFS3. */
const WITH_FILES = ['8c8ce578-8a3d-4f1c-9935-896185c32dd3', '5473c07a-3dcb-4dca-bd6f-1e9689e7349a'];

function readableFiles(image: ByteSource, volume: FirmwareVolumeHeader) {
  return WITH_FILES.includes(volume.fileSystem) ? readFirmwareFiles(image, volume) : [];
}

/** The table at the end of the image, the SEV metadata that it leads to, and the reset vector. */
function footerRegions(image: ByteSource, footer: readonly FooterEntry[]): readonly Region[] {
  const tableEnd = image.size - FOOTER_FROM_END;
  const first = footer.at(-1);
  return [
    {
      start: image.size - RESET_VECTOR_BYTES,
      end: image.size,
      what: 'reset vector',
      ...EXECUTED,
    },
    ...(first === undefined
      ? []
      : [{ start: first.offset, end: tableEnd, what: 'footer table', ...UNPROTECTED }]),
    ...sevMetadata(image, footer),
  ].filter(({ start }) => start >= 0);
}

function sevMetadata(image: ByteSource, footer: readonly FooterEntry[]): readonly Region[] {
  const entry = footer.find(({ guid }) => guid === FOOTER_GUIDS.sevMetadata);
  const sections = readOvmfSev(image, footer).sections;
  if (entry === undefined || sections === undefined) return [];
  const start = image.size - Buffer.from(entry.data).readUInt32LE(0);
  const end = start + SEV_HEADER_BYTES + sections.length * SEV_SECTION_BYTES;
  return [{ start, end, what: 'SEV metadata', ...UNPROTECTED }];
}

/** Sizes of the header of the SEV metadata and of a section in it, in bytes. */
const SEV_HEADER_BYTES = 16;
const SEV_SECTION_BYTES = 12;
