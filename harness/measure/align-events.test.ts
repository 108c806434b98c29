import { describe, expect, it } from 'vitest';
import { alignEvents } from './align-events.ts';
import type { Digests } from './bank.ts';
import type { MeasuredEvent } from './event.ts';
import { digestOf } from './testing/log-bytes.ts';

/** Topic and digest of each event, such as `k1`: topic `k`, every byte of the digest 1. */
function side(text: string) {
  const words = text.split(' ').filter((word) => word !== '');
  return {
    topics: words.map((word) => word.charAt(0)),
    events: words.map((word) => measured({ sha256: digestOf('sha256', Number(word.slice(1))) })),
  };
}

function measured(digests: Digests): MeasuredEvent {
  return { pcr: 4, type: 'EV_IPL', digests, description: '' };
}

/** `2:2-3` where event 3 of b stands for event 2 of a, at index 2. */
function aligned(a: string, b: string): readonly string[] {
  const [ofA, ofB] = [side(a), side(b)];
  const topics = { a: ofA.topics, b: ofB.topics };
  return alignEvents(ofA.events, ofB.events, topics).map(
    (one) => `${one.index}:${one.a ?? ''}-${one.b ?? ''}`,
  );
}

describe('the alignment of events', () => {
  it.each([
    ['nothing', 'x1 y2 z3', 'x1 y2 z3', []],
    ['one in the stead of another', 'x1 y2 z3', 'x1 y9 z3', ['1:1-1']],
    ['one more', 'x1 z3', 'x1 y2 z3', ['1:-1']],
    ['one less', 'x1 y2 z3', 'x1 z3', ['1:1-']],
    ['some more at the end', 'x1', 'x1 y2 z3', ['1:-1', '1:-2']],
    ['everything', 'x1', '', ['0:0-']],
    ['two differences with what is equal between', 'x1 y2 z3', 'x9 y2 z8', ['0:0-0', '2:2-2']],
    ['a pair by topic beside one more', 'x1 y2', 'w7 x1 w8 y9', ['0:-0', '1:-2', '1:1-3']],
    ['other topics', 'x1 y2', 'x1 z2 w3', ['2:-2']],
    ['no pair of other topics', 'x1 y2', 'x1 z9', ['1:1-', '2:-1']],
  ])('finds %s', (_what, a, b, differences) => {
    expect(aligned(a, b)).toEqual(differences);
  });

  it('needs a bank that every event has', () => {
    const [sha1, sha256] = [{ sha1: digestOf('sha1', 1) }, { sha256: digestOf('sha256', 1) }];
    const topics = { a: ['x'], b: ['x'] };
    expect(alignEvents([measured(sha1)], [measured(sha256)], topics)).toEqual([]);
    const other = { ...sha1, sha256: digestOf('sha256', 2) };
    expect(alignEvents([measured(other)], [measured(sha256)], topics)).toHaveLength(1);
  });
});
