import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { findBootImage } from '../predict/boot-image.ts';
import type { Firmware } from '../predict/firmware/firmware.ts';
import { BOOTED, predictBoot } from '../predict/predict.ts';
import type { Prediction } from '../predict/prediction.ts';
import { UnbootableError } from '../predict/unbootable-error.ts';
import type { Mechanism } from './region.ts';

/** What the forecast makes of a changed disk. */
export type Outcome =
  /** PCRs with other events than before; none where nothing tells of the change. */
  | { readonly moved: readonly Mechanism[] }
  /** Why it is not booted. */
  | { readonly refused: string };

/** What is forecast for each PCR, as one text. */
type Events = ReadonlyMap<number, string>;

const OPTIONS = { banks: ['sha256'], phases: BOOTED } as const;

/** What a forecast is made from. */
export type BootedDisk = { readonly disk: ByteSource; readonly firmware: Firmware };

/** Holds forecasts of changed disks and firmware against that of the unchanged ones. */
export class ForecastDifference {
  readonly #before: Events;

  /**
   * @param unchanged what the others are held against
   * @throws UnbootableError where nothing boots from it; FormatError where it is damaged
   */
  constructor(unchanged: BootedDisk) {
    this.#before = eventsOf(unchanged);
  }

  /**
   * What becomes of a change.
   *
   * @param open opens what was changed
   */
  outcomeOf(open: () => BootedDisk): Outcome {
    try {
      const after = eventsOf(open());
      const pcrs = [...new Set([...this.#before.keys(), ...after.keys()])];
      const moved = pcrs.filter((pcr) => this.#before.get(pcr) !== after.get(pcr));
      return { moved: moved.toSorted((a, b) => a - b).map((pcr) => `PCR ${pcr}` as const) };
    } catch (error) {
      if (error instanceof UnbootableError || error instanceof FormatError) {
        return { refused: error.message };
      }
      throw error;
    }
  }
}

function eventsOf({ disk, firmware }: BootedDisk): Events {
  const image = findBootImage({ kind: 'disk', path: disk.name, format: 'raw' }, () => disk);
  return eventsByPcr(predictBoot(firmware, image, OPTIONS));
}

/** Of a PCR that cannot be known, what is known of it. */
function eventsByPcr({ events, unpredictable }: Prediction): Events {
  const texts = new Map<number, string>();
  const add = (pcr: number, text: string) => texts.set(pcr, `${texts.get(pcr) ?? ''}${text}\n`);
  for (const { pcr, digests } of events) add(pcr, digests.sha256 ?? '');
  for (const { pcr } of unpredictable) add(pcr, 'not known');
  return texts;
}
