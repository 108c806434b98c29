import {
  type ChangedStore,
  judgeChangedStore,
  judgeForgetting,
  judgeLives,
  type VariableLife,
} from '../../../harness/judge/judge-variable-lives.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

/** Variable stores that keep what they should not, or that a launch digest does not tell of. */
export const VARIABLE_STORES: readonly Sabotage[] = [
  made(
    'CVM-SB-019',
    {
      what: 'the store in the image keeps what a guest writes, and its next boot is another one',
      says: 'it is there at the second start',
    },
    async () => ({
      sound: judgeForgetting(forgets(), keeps(), FILES),
      wrong: judgeForgetting({ ...keeps(), what: 'a store in the image' }, keeps(), FILES),
    }),
  ),
  {
    ...made(
      'CVM-SB-019',
      { what: 'the guest cannot write any variable', says: 'the guest could not write' },
      async () => ({
        sound: judgeForgetting(forgets(), keeps(), FILES),
        wrong: judgeForgetting({ ...forgets(), first: mute() }, keeps(), FILES),
      }),
    ),
    state: 'vacuous',
  },
  made(
    'CVM-SB-019',
    {
      what: 'what a guest wrote to flash does not count at the next start',
      says: 'PCR 7 of the second start is another one than computed',
    },
    async () => ({
      sound: judgeLives(keeps(), FILES),
      wrong: judgeLives({ ...keeps(), second: of('aa', 'bb') }, FILES),
    }),
  ),
  made(
    'CVM-SB-020',
    {
      what: 'the launch digest does not tell of a store that the host has changed',
      says: 'the launch digest is the same, and PCR 7 is another one',
    },
    async () => ({
      sound: judgeChangedStore(changedStore(), FILES),
      wrong: judgeChangedStore({ ...changedStore(), changed: '01' }, FILES),
    }),
  ),
  made(
    'CVM-SB-020',
    {
      what: 'PCR 7 has another db than the store of the image',
      says: 'PCR 7 is another one than computed',
    },
    async () => ({
      sound: judgeChangedStore(changedStore(), FILES),
      wrong: judgeChangedStore({ ...changedStore(), life: of('cc', 'aa') }, FILES),
    }),
  ),
];

const FILES = { console: 'console.log', extends: 'extends.json' };

/** EFI_NOT_FOUND (UEFI 2.11, appendix D). */
const NOT_FOUND = 0x8000_0000_0000_000en;
const WRITE_PROTECTED = 0x8000_0000_0000_0008n;

function life(before: bigint, pcr7: string): VariableLife {
  return { accesses: [{ before, set: 0n, after: 0n }], pcr7: [pcr7], expected7: [pcr7] };
}

function of(seen: string, expected: string): VariableLife {
  return { ...life(NOT_FOUND, seen), expected7: [expected] };
}

function mute(): VariableLife {
  const accesses = [{ before: NOT_FOUND, set: WRITE_PROTECTED, after: NOT_FOUND }];
  return { ...life(NOT_FOUND, 'aa'), accesses };
}

function forgets() {
  const first = life(NOT_FOUND, 'aa');
  return { what: 'a store in the image', first, second: first };
}

function keeps() {
  return { what: 'a store in flash', first: life(NOT_FOUND, 'aa'), second: life(0n, 'bb') };
}

function changedStore(): ChangedStore {
  const usual = life(NOT_FOUND, 'aa');
  const changed = life(NOT_FOUND, 'bb');
  return { what: 'a changed store', genuine: '01', changed: '02', life: changed, usual };
}
