import { FormatError } from '../bytes/format-error.ts';
import { type Run, runSource } from '../bytes/run-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type FatVolume, openFat } from '../formats/fat.ts';
import { readPe } from '../formats/pe.ts';
import { readUki } from '../formats/uki.ts';
import type { ConsumptionMap } from './consumption-map.ts';
import { bootSectorRegions, chainRegions, entryRegions, tableRegions } from './fat-regions.ts';
import { peRegions } from './pe-regions.ts';
import { type Mechanism, type Region, UNPROTECTED } from './region.ts';
import { placed, shifted } from './shift-regions.ts';
import { type StoredDirectory, type StoredEntry, storedDirectories } from './stored-directory.ts';
import { tile } from './tile.ts';

/** A FAT partition, as what is read of it is known on the whole disk. */
export type Esp = {
  readonly source: ByteSource;
  /** Offset of the partition on the disk in bytes. */
  readonly offset: number;
  readonly consumption: ConsumptionMap;
  readonly isSecureBoot: boolean;
};

/**
 * The regions of a FAT partition.
 *
 * @param esp the partition
 * @returns regions of the disk; `undefined` where the partition is no FAT volume
 * @throws FormatError where there are more files than any such partition has
 */
export function espRegions(esp: Esp): readonly Region[] | undefined {
  const volume = tryOpen(esp.source);
  if (volume === undefined) return undefined;
  return new EspMap(esp, volume).regions();
}

function tryOpen(source: ByteSource): FatVolume | undefined {
  try {
    return openFat(source);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

class EspMap {
  readonly #esp: Esp;
  readonly #volume: FatVolume;
  readonly #directories: readonly StoredDirectory[];
  /** What takes in the files of each directory, and those below it, by its path. */
  readonly #below = new Map<string, Set<Mechanism>>();

  constructor(esp: Esp, volume: FatVolume) {
    this.#esp = esp;
    this.#volume = volume;
    this.#directories = storedDirectories(volume);
    for (const stored of this.#entries()) this.#noteBelow(stored);
  }

  regions(): readonly Region[] {
    const { geometry } = this.#volume;
    const root = [...(this.#below.get('') ?? [])];
    const metadata = [
      ...bootSectorRegions(geometry, root),
      ...this.#directories.flatMap((directory) => this.#directoryRegions(directory)),
      ...this.#chains(),
      ...tableRegions(this.#volume),
    ];
    const files = [...this.#entries()].flatMap((stored) => this.#fileRegions(stored));
    const all = [...shifted(metadata, this.#esp.offset), ...files];
    const start = this.#esp.offset;
    const span = { start, end: start + this.#esp.source.size };
    return this.#nameFillings(tile(span, all, { what: 'free clusters', ...UNPROTECTED }));
  }

  #entries(): readonly StoredEntry[] {
    return this.#directories.flatMap(({ entries }) => entries);
  }

  /** What is not covered before the clusters begin is the table. */
  #nameFillings(regions: readonly Region[]): readonly Region[] {
    const dataStart = this.#esp.offset + this.#volume.geometry.dataOffset;
    return regions.map((region) =>
      region.what === 'free clusters' && region.start < dataStart
        ? { ...region, what: 'unused FAT entries' }
        : region,
    );
  }

  #noteBelow({ path, runs, entry }: StoredEntry): void {
    if (entry.isDirectory) return;
    const mechanisms = leadingMechanisms(this.#takenIn(runs));
    const names = path.split('/').slice(0, -1);
    for (const depth of names.keys()) {
      const folder = names.slice(0, depth + 1).join('/');
      const set = this.#below.get(folder) ?? new Set();
      for (const mechanism of mechanisms) set.add(mechanism);
      this.#below.set(folder, set);
    }
  }

  #takenIn(runs: readonly Run[]): readonly Mechanism[] {
    const { consumption, offset } = this.#esp;
    return consumption.within(runs.map((run) => ({ ...run, offset: run.offset + offset })));
  }

  #leadingTo({ path, runs, entry }: StoredEntry): readonly Mechanism[] {
    if (entry.isDirectory) return [...(this.#below.get(path) ?? [])];
    return leadingMechanisms(this.#takenIn(runs));
  }

  #chains(): readonly Region[] {
    const { geometry } = this.#volume;
    const root = { path: '/', runs: rootRuns(this.#directories), isDirectory: true };
    return [
      ...('cluster' in geometry.root
        ? chainRegions(geometry, root, [...(this.#below.get('') ?? [])])
        : []),
      ...this.#entries().flatMap((stored) => {
        const { path, runs, entry } = stored;
        const chain = { path, runs, isDirectory: entry.isDirectory };
        return chainRegions(geometry, chain, this.#leadingTo(stored));
      }),
    ];
  }

  #directoryRegions(directory: StoredDirectory): readonly Region[] {
    const entries = entryRegions(directory, (entry) => this.#leadingTo(entry));
    const filling = {
      what: 'unused directory entries',
      file: directory.path || '/',
      ...UNPROTECTED,
    };
    const sorted = entries.toSorted((a, b) => a.start - b.start);
    let next = 0;
    return directory.runs
      .toSorted((a, b) => a.offset - b.offset)
      .flatMap(({ offset, length }) => {
        const first = next;
        while ((sorted[next]?.start ?? Number.POSITIVE_INFINITY) < offset + length) next++;
        return tile({ start: offset, end: offset + length }, sorted.slice(first, next), filling);
      });
  }

  /** Regions of the disk. */
  #fileRegions({ entry, path, runs }: StoredEntry): readonly Region[] {
    if (entry.isDirectory || runs.length === 0) return [];
    const { source } = this.#volume;
    const { offset, consumption } = this.#esp;
    const stored = runs.reduce((sum, { length }) => sum + length, 0);
    const content = runSource(source, runs, entry.size, path);
    const inFile = [
      ...this.#contentRegions(content, this.#takenIn(runs)),
      { start: entry.size, end: stored, what: 'slack behind the end of the file', ...UNPROTECTED },
    ].filter(({ start, end }) => start < end);
    const onDisk = shifted(placed(inFile, runs), offset);
    return consumption.applyTo(onDisk).map((region) => ({ ...region, file: path }));
  }

  #contentRegions(content: ByteSource, takenIn: readonly Mechanism[]): readonly Region[] {
    const all = { start: 0, end: content.size, what: 'content', ...UNPROTECTED };
    // What is measured has a say in what follows: a configuration, an extension.
    const whole = [takenIn.length > 0 ? { ...all, steers: true as const } : all];
    if (!takenIn.includes('PCR 4')) return whole;
    try {
      const pe = readPe(content);
      const regions = peRegions(pe, content.size, this.#esp.isSecureBoot);
      const isUki = readUki(content, pe) !== undefined;
      // What boot loaders and addons hold can have a say in all that follows.
      return isUki ? regions : regions.map((region) => ({ ...region, steers: true as const }));
    } catch (error) {
      if (error instanceof FormatError) return whole;
      throw error;
    }
  }
}

/** The bytes of an image are all in PCR 4, and only some in others. */
function leadingMechanisms(takenIn: readonly Mechanism[]): readonly Mechanism[] {
  const whole = takenIn.filter((one) => one === 'PCR 4' || one === 'Secure Boot signature');
  return whole.length > 0 ? whole : takenIn;
}

function rootRuns([root]: readonly StoredDirectory[]): readonly Run[] {
  return root?.runs ?? [];
}
