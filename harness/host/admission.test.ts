import { describe, expect, it } from 'vitest';
import { Admission, type Entrant } from './admission.ts';

const HOST = { cores: 2, memoryMiB: 3000 };
const SMALL = { cores: 1, memoryMiB: 1000 };
const LARGE = { cores: 2, memoryMiB: 1000 };

/** Who is in, and a way out for each. */
class Room {
  readonly in = new Map<string, Disposable>();
  readonly #admission: Admission;

  constructor(places = 9, host = HOST) {
    this.#admission = new Admission(host, places);
  }

  async enter(name: string, entrant: Entrant): Promise<void> {
    this.in.set(name, await this.#admission.enter(entrant));
  }

  async leave(name: string): Promise<void> {
    this.in.get(name)?.[Symbol.dispose]();
    this.in.delete(name);
    await settled();
  }

  get names(): readonly string[] {
    return [...this.in.keys()];
  }
}

/** Lets every promise go on that can. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function waitingRoom(entrants: Readonly<Record<string, Entrant>>, places?: number) {
  const room = new Room(places);
  for (const [name, entrant] of Object.entries(entrants)) void room.enter(name, entrant);
  await settled();
  return room;
}

describe('admission', () => {
  it('lets in as many as there are cores for', async () => {
    const room = await waitingRoom({ a: SMALL, b: SMALL, c: SMALL, d: LARGE });
    expect(room.names).toEqual(['a', 'b']);
    await room.leave('a');
    expect(room.names).toEqual(['b', 'c']);
    await room.leave('b');
    expect(room.names).toEqual(['c']);
    await room.leave('c');
    expect(room.names).toEqual(['d']);
  });

  it('lets in as many as there is memory for', async () => {
    const big = { cores: 0, memoryMiB: 1600 };
    expect((await waitingRoom({ a: big, b: big })).names).toEqual(['a']);
  });

  it('lets in as many as there are places', async () => {
    expect((await waitingRoom({ a: SMALL, b: SMALL }, 1)).names).toEqual(['a']);
  });

  it('lets the longest of those in first that wait', async () => {
    const room = await waitingRoom({
      first: LARGE,
      short: { ...LARGE, seconds: 1 },
      long: { ...LARGE, seconds: 9 },
    });
    await room.leave('first');
    expect(room.names).toEqual(['long']);
  });

  it('lets a shorter one in beside a longer one that does not fit yet', async () => {
    const room = await waitingRoom({ a: SMALL, large: { ...LARGE, seconds: 9 }, b: SMALL });
    expect(room.names).toEqual(['a', 'b']);
  });

  it('gives all there is to who wants more, alone', async () => {
    const room = await waitingRoom({ huge: { cores: 8, memoryMiB: 99_999 }, a: SMALL });
    expect(room.names).toEqual(['huge']);
    await room.leave('huge');
    expect(room.names).toEqual(['a']);
  });

  it('forgets who does not wait any longer', async () => {
    const room = await waitingRoom({ a: LARGE });
    const abort = new AbortController();
    const waiting = room.enter('b', { ...LARGE, signal: abort.signal });
    void room.enter('c', LARGE);
    abort.abort(new Error('Ctrl-C'));
    await expect(waiting).rejects.toThrow('Ctrl-C');
    await room.leave('a');
    expect(room.names).toEqual(['c']);
  });
});
