import { expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { digestMatchesData } from './digest-match.ts';
import { describeEvent } from './event-description.ts';
import { readEventLog } from './event-log.ts';
import { replayLog } from './log-replay.ts';
import {
  describeWithFixtures,
  fixtureBytes,
  fixtureJson,
  fixtureSource,
} from './testing/fixtures.ts';
import { mutate, type Operation } from './testing/mutate.ts';

type Pcrs = Record<string, Record<string, string>>;
type Index = {
  files: {
    file: string;
    format: 'crypto-agile' | 'sha1-legacy';
    banks: string[];
    n_events: number;
    event_types: Record<string, number>;
    quirks: string[];
    expected_replay: Pcrs;
    published_pcrs?: Pcrs;
    replay_differs_from_published?: string[];
    trailing?: string[];
    event_data_hashes_to_digest: {
      bank: string;
      by_type_matching_of_total: Record<string, [number, number]>;
    };
  }[];
  mutations: {
    id: string;
    base: string;
    ops: Operation[];
    expect: string;
    reference: { parses: boolean; events?: number; replay?: Pcrs };
  }[];
};

describeWithFixtures('logs of real machines', () => {
  const index = fixtureJson<Index>('eventlogs/index.json');
  const cases = index.files.map((file) => [file.file, file] as const);
  const load = (file: string) => readEventLog(fixtureSource(`eventlogs/${file}`));

  it.each(cases)('%s has its format, algorithms and events', (file, expected) => {
    const log = load(file);
    expect(log.spec).toBe(expected.format === 'crypto-agile' ? 'Spec ID Event03' : null);
    expect(log.algorithms).toEqual(expected.banks);
    expect(log.events).toHaveLength(expected.n_events);
    expect(countBy(log.events.map(({ type }) => type))).toEqual(expected.event_types);
    const [padded] = expected.trailing ?? [];
    expect(padded && `padding from ${log.padding?.offset}`).toBe(padded);
  });

  it.each(cases)('%s replays to the PCR values', (file, expected) => {
    const pcrs = replayLog(load(file));
    expect(pcrs).toEqual(expected.expected_replay);
    const differs = expected.replay_differs_from_published ?? [];
    for (const [bank, values] of Object.entries(expected.published_pcrs ?? {})) {
      for (const [pcr, value] of Object.entries(values)) {
        if (differs.includes(`${bank}:${pcr}`)) continue;
        expect(pcrs).toHaveProperty([bank, pcr], value);
      }
    }
  });

  it.each(cases)('%s has no event that belies its digest', (file, expected) => {
    const { events } = load(file);
    const matches = events.map((event) => [event.type, digestMatchesData(event)] as const);
    expect(matches.filter(([, match]) => match === false)).toEqual([]);
    const whole = expected.event_data_hashes_to_digest.by_type_matching_of_total;
    for (const [type, [matching]] of Object.entries(whole)) {
      const ours = matches.filter(([of, match]) => of === type && match === true).length;
      expect(ours).toBeGreaterThanOrEqual(matching);
    }
  });

  it.each(cases)('%s can be described event by event', (file) => {
    for (const event of load(file).events) {
      const text = describeEvent(event, (path) => `${path.length} bytes`);
      expect(text).toMatch(/^[\x20-\x7e\u{a0}-\u{24f}…]{1,400}$/u);
      expect(text).not.toContain('malformed');
    }
  });

  const mutations = index.mutations.map((mutation) => [mutation.id, mutation] as const);
  it.each(mutations)('%s', (id, { base, ops, expect: expectation, reference }) => {
    const read = () => {
      const bytes = mutate(fixtureBytes(`eventlogs/${base}`), ops);
      return readEventLog(bytesSource(id, bytes));
    };
    if (expectation.startsWith('refuse')) {
      expect(read).toThrow(FormatError);
      return;
    }
    const log = read();
    expect(log.events).toHaveLength(reference.events ?? Number.NaN);
    expect(replayLog(log)).toEqual(reference.replay);
  });

  it('a separator that was changed belies its digest', () => {
    const mutation = index.mutations.find(({ id }) => id === 'mut-give-flip-event-data-only');
    if (mutation === undefined) throw new Error('the fixtures lack this mutation');
    const bytes = mutate(fixtureBytes(`eventlogs/${mutation.base}`), mutation.ops);
    const lies = readEventLog(bytesSource('log', bytes)).events.filter(
      (event) => digestMatchesData(event) === false,
    );
    expect(lies.map(({ type }) => type)).toEqual(['EV_SEPARATOR']);
  });

  it('starts PCR 0 at the locality that the log tells', () => {
    expect(load('gotpm-glinux-alex.bin').startupLocality).toBe(3);
    expect(load('goatt-short_no_action_eventlog.bin').startupLocality).toBe(3);
  });
});

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
