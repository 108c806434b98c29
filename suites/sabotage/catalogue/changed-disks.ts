import {
  type BootedRoot,
  type ChangedBoot,
  judgeBootedRoot,
  judgeChangedBoot,
  judgeFoundOut,
  judgeNotCorrupt,
  type ObservedBoot,
} from '../../../harness/judge/judge-changed-boot.ts';
import type { Requirement } from '../../requirements/requirement.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

const FILE = 'console.log';
const CORRUPT = '[ 7.1] device-mapper: verity: 254:2: metadata block 1 is corrupted';
const REFUSED: ObservedBoot = { end: 'refused', stage: 'initrd', by: 'dm-verity', line: CORRUPT };
const UP: ObservedBoot = { end: 'booted', stage: 'ssh', by: undefined, line: 'reached ssh' };
const TWIN: ChangedBoot = { what: 'nothing changed', forecast: { end: 'booted' }, observed: UP };
const TOP: ChangedBoot['forecast'] = {
  end: 'refused',
  by: 'dm-verity',
  corrupt: { kind: 'metadata', block: 1 },
};

const MEANT: BootedRoot = { file: 'CoCo', devices: ['vda2', 'vda3'] };
const UNREADABLE = '[ 9.1] I/O error, dev vda, sector 133122 op 0x0:(READ)';

/** Guests and disks that let a change through, or are stopped by something else than is said. */
export const CHANGED_DISKS: readonly Sabotage[] = [
  boot(
    'CVM-DV-003',
    { what: 'a disk boots whose tree was changed', says: 'not as forecast: boots' },
    UP,
  ),
  boot(
    'CVM-DV-005',
    {
      what: 'a boot is refused at another block than the root hash stands for',
      says: 'not as forecast: dm-verity refuses at data block 8',
    },
    { ...REFUSED, line: CORRUPT.replace('metadata block 1', 'data block 8') },
  ),
  boot(
    'CVM-DV-012',
    {
      what: 'the root runs before anybody refuses',
      says: 'not as forecast: dm-verity refuses at metadata block 1, in stage root',
    },
    { ...REFUSED, stage: 'root' },
  ),
  {
    ...boot(
      'CVM-DV-009',
      { what: 'nothing boots, signed or not', says: 'does not boot either' },
      REFUSED,
      {
        ...TWIN,
        observed: REFUSED,
      },
    ),
    state: 'vacuous',
  },
  made(
    'CVM-DV-008',
    {
      what: 'a guest that should panic restarts',
      says: 'not as forecast: dm-verity refuses at metadata block 1, before the root runs; then restart',
    },
    async () => {
      const forecast = { ...TOP, machine: 'panic' } as const;
      const ended = (machine: 'panic' | 'restart') =>
        judgeChangedBoot(
          { what: 'a bit', forecast, observed: { ...REFUSED, machine } },
          TWIN,
          FILE,
        );
      return { sound: ended('panic'), wrong: ended('restart') };
    },
  ),
  root(
    'CVM-DV-004',
    { what: 'the guest reads DoCo', says: 'has another root than is meant' },
    { ...MEANT, file: 'DoCo' },
  ),
  root(
    'CVM-DV-006',
    {
      what: 'the root lies upon the second verity partition',
      says: 'has another root than is meant',
    },
    { ...MEANT, devices: ['vda2', 'vda4'] },
  ),
  made(
    'CVM-DV-007',
    { what: 'a sector that cannot be read is called corrupt', says: 'takes it for corruption' },
    async () => ({
      sound: judgeNotCorrupt('a sector', [UNREADABLE], FILE),
      wrong: judgeNotCorrupt('a sector', [UNREADABLE, CORRUPT], FILE),
    }),
  ),
  made(
    'CVM-DV-017',
    {
      what: 'the kernel takes a signature by a key that db has not',
      says: 'a foreign signature: not as forecast: boots',
    },
    async () => {
      const forecast = { end: 'refused', by: 'dm-verity' } as const;
      const line = 'device-mapper: table: 254:0: verity: Root hash verification failed (-ENOKEY)';
      const judge = (observed: ObservedBoot) =>
        judgeChangedBoot({ what: 'a foreign signature', forecast, observed }, TWIN, FILE);
      return { sound: judge({ ...REFUSED, line }), wrong: judge(UP) };
    },
  ),
  made(
    'CVM-DV-011',
    { what: 'a root without dm-verity is taken for one with it', says: 'not found out' },
    async () => {
      const judge = (observed: BootedRoot) =>
        judgeBootedRoot('no root hash', MEANT, observed, FILE).map(judgeFoundOut);
      return { sound: judge({ file: 'DoCo', devices: [''] }), wrong: judge(MEANT) };
    },
  ),
];

type About = Pick<Sabotage, 'what' | 'says'>;

function boot(
  requirement: Requirement['id'],
  about: About,
  observed: ObservedBoot,
  twin = TWIN,
): Sabotage {
  const of = (one: ObservedBoot, other: ChangedBoot) =>
    judgeChangedBoot({ what: 'a change', forecast: TOP, observed: one }, other, FILE);
  return made(requirement, about, async () => ({
    sound: of(REFUSED, TWIN),
    wrong: of(observed, twin),
  }));
}

function root(requirement: Requirement['id'], about: About, observed: BootedRoot): Sabotage {
  const of = (one: BootedRoot) => judgeBootedRoot('a change', MEANT, one, FILE);
  return made(requirement, about, async () => ({ sound: of(MEANT), wrong: of(observed) }));
}
