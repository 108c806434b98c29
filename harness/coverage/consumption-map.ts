import type { Run } from '../bytes/run-source.ts';
import type { Consumption } from './boot-consumption.ts';
import { joined } from './joined-runs.ts';
import type { Mechanism, Region } from './region.ts';

/** Which mechanisms take in the bytes of a disk. */
export class ConsumptionMap {
  readonly #runs: ReadonlyMap<Mechanism, readonly Run[]>;
  /** Where a mechanism begins or ends, ascending. */
  readonly #cuts: readonly number[];

  constructor(consumptions: readonly Consumption[]) {
    this.#runs = byMechanism(consumptions);
    const cuts = [...this.#runs.values()]
      .flat()
      .flatMap(({ offset, length }) => [offset, offset + length]);
    this.#cuts = [...new Set(cuts)].toSorted((a, b) => a - b);
  }

  /**
   * Adds to the protection of regions what takes them in, and cuts them where that changes.
   *
   * @param regions regions of the disk
   */
  applyTo(regions: readonly Region[]): readonly Region[] {
    return regions.flatMap((region) => {
      const inner = this.#cutsIn(region.start, region.end);
      const starts = [region.start, ...inner];
      return starts.map((start, index) => ({
        ...region,
        start,
        end: inner[index] ?? region.end,
        detectedBy: [...new Set([...region.detectedBy, ...this.at(start)])],
      }));
    });
  }

  /** The mechanisms that take in any byte of some pieces of the disk. */
  within(runs: readonly Run[]): readonly Mechanism[] {
    const found = runs.flatMap(({ offset, length }) =>
      [offset, ...this.#cutsIn(offset, offset + length)].flatMap((place) => this.at(place)),
    );
    return [...new Set(found)];
  }

  /** The mechanisms that take in a byte. */
  at(place: number): readonly Mechanism[] {
    return [...this.#runs].filter(([, runs]) => isIn(runs, place)).map(([mechanism]) => mechanism);
  }

  #cutsIn(start: number, end: number): readonly number[] {
    const first = firstAbove(this.#cuts, start, (cut) => cut);
    let last = first;
    while ((this.#cuts[last] ?? Number.POSITIVE_INFINITY) < end) last++;
    return this.#cuts.slice(first, last);
  }
}

function byMechanism(consumptions: readonly Consumption[]): ReadonlyMap<Mechanism, readonly Run[]> {
  const groups = Map.groupBy(consumptions, ({ mechanism }) => mechanism);
  const entries = [...groups].map(([mechanism, group]): [Mechanism, readonly Run[]] => [
    mechanism,
    joined(group.flatMap(({ runs }) => runs)),
  ]);
  return new Map(entries.toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })));
}

function isIn(runs: readonly Run[], place: number): boolean {
  const run = runs[firstAbove(runs, place, ({ offset }) => offset) - 1];
  return run !== undefined && place < run.offset + run.length;
}

/** Index of the first of ascending items that lies above a value; their number where none does. */
function firstAbove<Item>(
  items: readonly Item[],
  value: number,
  placeOf: (item: Item) => number,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && placeOf(item) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
