import { z } from 'zod';

const Night = z.iso.date();

const Place = z.strictObject({
  /** When the run began that spoke of it last. */
  lastRun: z.iso.datetime(),
  /** Nights in a row in which it passed, by the date in UTC on which the run began; none after a failure. */
  green: z.array(Night),
});

const Tracked = z.strictObject({
  requirement: z.string().nullable(),
  profile: z.string(),
  places: z.record(z.string(), Place),
});

const Marker = z.strictObject({
  version: z.literal(1),
  kind: z.enum(['regression', 'umbrella', 'infrastructure']),
  /** What the issue tracks, by fingerprint: one failure, or the many of an umbrella. */
  failures: z.record(z.string().regex(/^[0-9a-f]{16}$/), Tracked),
});

/** What an issue tracks: kept in a comment in the first line of its text. */
export type Marker = Readonly<z.infer<typeof Marker>>;

export type TrackedFailure = Readonly<z.infer<typeof Tracked>>;

const START = '<!-- cvm-conformance ';
const END = ' -->';

/**
 * The first line of an issue's text.
 *
 * @returns an HTML comment, which nothing in it can end
 */
export function markerLine(marker: Marker): string {
  const json = JSON.stringify(marker).replaceAll('>', '\\u003e').replaceAll('<', '\\u003c');
  return `${START}${json}${END}`;
}

/**
 * What an issue tracks.
 *
 * @param body text of an issue, from a tracker
 * @returns `undefined` where its first line is no marker of this version
 */
export function readMarker(body: string): Marker | undefined {
  const [line = ''] = body.split(/\r?\n/, 1);
  if (!line.startsWith(START) || !line.endsWith(END)) return undefined;
  try {
    return Marker.parse(JSON.parse(line.slice(START.length, -END.length)));
  } catch {
    return undefined;
  }
}
