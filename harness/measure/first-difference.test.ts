import { describe, expect, it } from 'vitest';
import type { MeasuredEvent } from './event.ts';
import { firstDifference } from './first-difference.ts';
import { digestOf } from './testing/log-bytes.ts';

function event(pcr: number, byte: number): MeasuredEvent {
  const digests = { sha256: digestOf('sha256', byte) };
  return { pcr, type: 'EV_IPL', digests, description: `event ${byte}` };
}

describe('the first difference of a PCR', () => {
  it('is the first pair whose digests differ', () => {
    const a = [event(7, 1), event(4, 9), event(7, 2), event(7, 3)];
    const b = [event(7, 1), event(7, 5), event(7, 6)];
    expect(firstDifference(7, a, b)).toEqual({ pcr: 7, index: 1, a: event(7, 2), b: event(7, 5) });
  });

  it('is the event that one side has alone', () => {
    const a = [event(7, 1)];
    const b = [event(7, 1), event(7, 2)];
    expect(firstDifference(7, a, b)).toEqual({ pcr: 7, index: 1, a: null, b: event(7, 2) });
    expect(firstDifference(7, b, a)).toEqual({ pcr: 7, index: 1, a: event(7, 2), b: null });
  });

  it('is not in what people read', () => {
    expect(firstDifference(7, [event(7, 1)], [{ ...event(7, 1), description: 'x' }])).toBe(
      undefined,
    );
  });

  it('is any bank’s', () => {
    const both = { ...event(7, 1), digests: { ...event(7, 1).digests, sha1: digestOf('sha1', 1) } };
    const other = { ...both, digests: { ...both.digests, sha1: digestOf('sha1', 2) } };
    expect(firstDifference(7, [both], [other])).toMatchObject({ index: 0 });
    expect(firstDifference(7, [both], [event(7, 1)])).toBeUndefined();
  });

  it('cannot be told without a common bank', () => {
    const sha1 = { ...event(7, 1), digests: { sha1: digestOf('sha1', 1) } };
    expect(firstDifference(7, [sha1], [event(7, 2)])).toBeUndefined();
  });
});
