import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readPredictedPcrs } from './prediction-json.ts';

const digest = 'ab'.repeat(32);
const read = (value: unknown) =>
  readPredictedPcrs(bytesSource('prediction', Buffer.from(JSON.stringify(value))));

describe('a prediction as JSON', () => {
  const event = { pcr: 4, type: 'EV_SEPARATOR', digests: { sha256: digest }, description: 'x' };

  it('tells PCR values and events', () => {
    const prediction = {
      banks: { sha256: { 4: digest } },
      events: [{ ...event, agent: 'firmware' }],
      unpredictable: [{ pcr: 15, reason: 'a random machine ID' }],
    };
    expect(read(prediction)).toEqual({
      pcrs: { sha256: { 4: digest } },
      events: [event],
      isForecast: true,
    });
    expect(read({ banks: {} })).toEqual({ pcrs: {}, isForecast: true });
  });

  it('keeps the measured bytes of an event', () => {
    const { events } = read({ banks: {}, events: [{ ...event, data: '00000000' }] });
    expect(events?.[0]?.data).toBe('00000000');
    expect(() => read({ banks: {}, events: [{ ...event, data: '0g' }] })).toThrow('prediction');
  });

  it('is made safe for a terminal', () => {
    const { events } = read({ banks: {}, events: [{ ...event, description: '\x1b[2J' }] });
    expect(events?.[0]?.description).toBe('\\u{1b}[2J');
  });

  it.each([
    ['no object', []],
    ['no banks', { events: [] }],
    ['an unknown bank', { banks: { md5: {} } }],
    ['a PCR that does not exist', { banks: { sha256: { 24: digest } } }],
    ['a PCR that is no number', { banks: { sha256: { __proto__x: digest } } }],
    ['a value of another size', { banks: { sha384: { 4: digest } } }],
    ['an event without digests', { banks: {}, events: [{ ...event, digests: undefined }] }],
  ])('is refused with %s', (_what, value) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({ name: 'FormatError', file: 'prediction', offset: 0 }),
    );
  });

  it('is refused where it is no JSON', () => {
    expect(() => readPredictedPcrs(bytesSource('prediction', Buffer.from('{')))).toThrow(
      /^prediction: at 0x0: expected a prediction, found /,
    );
    expect(() => readPredictedPcrs(bytesSource('prediction', Buffer.of(0x22, 0xff)))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });
});
