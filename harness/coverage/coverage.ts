import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { readVariableStore } from '../formats/efi-variable-store.ts';
import { type Firmware, readFirmware } from '../predict/firmware/firmware.ts';
import { UnbootableError } from '../predict/unbootable-error.ts';
import { type DiskMap, diskRegions } from './disk-regions.ts';
import { firmwareRegions } from './firmware-regions.ts';
import { ForecastDifference } from './forecast-difference.ts';
import {
  type DetectionTime,
  detectionTime,
  type Mechanism,
  type Region,
  UNPROTECTED,
} from './region.ts';
import { tile } from './tile.ts';
import { type Disagreement, type SampleSize, tryFirmwareSample, trySample } from './try-sample.ts';
import { type MovedBy, variableRegions } from './variable-regions.ts';

/** A region with the earliest time at which a change of it is told. */
export type CoveredRegion = Region & { readonly when: DetectionTime };

/** What protects every byte of a file. */
export type FileCoverage = {
  /** In order; they cover the file exactly once. */
  readonly regions: readonly CoveredRegion[];
  /** Bytes of which nothing tells that they were changed. */
  readonly unprotectedBytes: number;
  /** Bytes of which some changes are told and others are not, but these without consequence. */
  readonly partlyProtectedBytes: number;
  /** Bytes that each mechanism takes in. */
  readonly bytesByMechanism: Readonly<Partial<Record<Mechanism, number>>>;
  /** The regions of which nothing tells: those first that the guest may use, then the largest. */
  readonly unprotected: readonly CoveredRegion[];
};

/** What protects every byte of a disk image, and of the firmware that it is booted with. */
export type Coverage = FileCoverage & {
  /** Absent where no firmware is given. */
  readonly firmware?: {
    readonly code: FileCoverage & {
      /** Bytes of which nothing tells in a guest without SEV: it has no launch digest. */
      readonly unprotectedBytesWithoutSev: number;
    };
    /** Absent where no variable store is given. */
    readonly vars?: FileCoverage;
  };
  readonly isSecureBoot: boolean;
  /** Why nothing is booted from the image, or what of the boot is not known; absent where all is. */
  readonly problem?: string;
  /** What became of changes that were tried, where any were. */
  readonly sample?: Sample;
};

/** How the map stood a trial. */
export type Sample = SampleSize & {
  /** How many single bits were changed. */
  readonly tried: number;
  /** Those of which the map says something else than what became of them. */
  readonly disagreements: readonly Disagreement[];
};

/** A firmware without variables, which says nothing of itself. */
const UNKNOWN_FIRMWARE: Firmware = {
  build: {
    hasSecureBoot: false,
    needsSmm: false,
    verifiesEcdsa: false,
    version: undefined,
    peiVolume: bytesSource('PEI volume', new Uint8Array(0)),
    dxeVolume: bytesSource('DXE volume', new Uint8Array(0)),
  },
  store: { authenticated: true, variables: [] },
};

/** The files of a machine's firmware. */
export type FirmwareFiles = {
  readonly code: ByteSource;
  readonly vars: ByteSource | undefined;
};

/**
 * Maps a disk image: what each byte is, and what would tell of a change of it.
 *
 * @param disk the whole disk, a raw image
 * @param firmware what it is booted with; without one, a firmware without variables is taken
 * @param size how many changes are tried, where any are: this needs a firmware
 * @throws FormatError where the disk has no sound partition table, or a file of the firmware is damaged
 * @throws UnbootableError where changes are to be tried, and nothing boots from the disk as it is
 */
export function diskCoverage(
  disk: ByteSource,
  firmware: FirmwareFiles | undefined,
  size?: SampleSize,
): Coverage {
  const machine = firmware ? readFirmware(firmware.code, firmware.vars) : UNKNOWN_FIRMWARE;
  const map = diskRegions(disk, machine);
  const { isSecureBoot, problem } = map.boot;
  return {
    ...summary(map.regions),
    isSecureBoot,
    ...(problem !== undefined && { problem }),
    ...(firmware && { firmware: firmwareCoverage(disk, firmware, machine) }),
    ...(firmware && size && { sample: { ...size, ...sampleOf(disk, firmware, map, size) } }),
  };
}

function firmwareCoverage(disk: ByteSource, { code, vars }: FirmwareFiles, machine: Firmware) {
  const regions = firmwareRegions(code);
  const withoutSev = regions.filter(({ detectedBy: [first, ...others] }) =>
    first === 'launch digest' ? others.length === 0 : first === undefined,
  );
  const ofCode = { ...summary(regions), unprotectedBytesWithoutSev: bytesOf(withoutSev) };
  if (vars === undefined) return { code: ofCode };
  const filling = { what: 'behind the variable store', ...UNPROTECTED };
  const span = { start: 0, end: vars.size };
  const { hasSecureBoot } = machine.build;
  const inStore = variableRegions(vars, hasSecureBoot, movedByStore(disk, machine));
  const ofVars = tile(span, inStore, filling);
  return { code: ofCode, vars: summary(ofVars) };
}

/** What shim measures of its variables follows from the whole boot, if there is one. */
function movedByStore(disk: ByteSource, firmware: Firmware): MovedBy {
  let forecast: ForecastDifference | undefined;
  return (store) => {
    try {
      forecast ??= new ForecastDifference({ disk, firmware });
    } catch (error) {
      if (error instanceof UnbootableError || error instanceof FormatError) return [];
      throw error;
    }
    const outcome = forecast.outcomeOf(() => ({ disk, firmware: { ...firmware, store } }));
    return 'moved' in outcome ? outcome.moved : ['Secure Boot signature'];
  };
}

function sampleOf(
  disk: ByteSource,
  { code, vars }: FirmwareFiles,
  map: DiskMap,
  size: SampleSize,
): Pick<Sample, 'tried' | 'disagreements'> {
  const firmware = readFirmware(code, vars);
  const ofVars =
    vars === undefined
      ? []
      : tryFirmwareSample(
          vars,
          variableRegions(vars, firmware.build.hasSecureBoot, movedByStore(disk, firmware)),
          disk,
          (file) => ({ ...firmware, store: readVariableStore(file) }),
          size,
        );
  const outcomes = [...ofVars, ...trySample(disk, firmware, map, size)];
  const disagreements = outcomes.filter((one) => one !== undefined);
  return { tried: outcomes.length, disagreements };
}

/** The regions of a file, and what they come to. */
function summary(regions: readonly Region[]): FileCoverage {
  const covered = regions.map((one) => ({ ...one, when: detectionTime(one.detectedBy) }));
  const unprotected = covered.filter(({ detectedBy }) => detectedBy.length === 0);
  const partly = covered.filter(({ detectedBy, partly: rest }) => rest && detectedBy.length > 0);
  return {
    regions: covered,
    unprotectedBytes: bytesOf(unprotected),
    partlyProtectedBytes: bytesOf(partly),
    bytesByMechanism: bytesByMechanism(covered),
    unprotected: unprotected.toSorted(byWeight),
  };
}

function byWeight(a: Region, b: Region): number {
  const byUse = Number(b.mayBeUsed ?? false) - Number(a.mayBeUsed ?? false);
  return byUse || b.end - b.start - (a.end - a.start);
}

function bytesOf(regions: readonly Region[]): number {
  return regions.reduce((sum, { start, end }) => sum + end - start, 0);
}

function bytesByMechanism(regions: readonly Region[]): FileCoverage['bytesByMechanism'] {
  const bytes: Partial<Record<Mechanism, number>> = {};
  for (const { detectedBy, start, end } of regions) {
    for (const mechanism of detectedBy) bytes[mechanism] = (bytes[mechanism] ?? 0) + end - start;
  }
  return bytes;
}
