import { type Campaign, judgeCampaign } from '../../../harness/judge/judge-campaign.ts';
import { type ChangedFile, judgeChangedFile } from '../../../harness/judge/judge-changed-file.ts';
import { judgePolicy, type PolicyRead } from '../../../harness/judge/judge-policy.ts';
import type { Requirement } from '../../requirements/requirement.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

/** Guests whose kernel does not hold what it reads against the tree, or not in time. */
export const RUNNING_DISKS: readonly Sabotage[] = [
  campaign(
    {
      what: 'the root is mounted without dm-verity',
      says: 'reads not as forecast; the first with flips in data blocks: block 7 gave its other data instead of EIO',
    },
    { unexpected: [unexpected('data', 'flipped', 'its other data')], unexpectedReads: 3 },
  ),
  campaign(
    {
      what: 'hash blocks are verified once and never again',
      says: 'the first with flips in leaf blocks',
    },
    { unexpected: [unexpected('leaf', 'flipped', 'its data')], unexpectedReads: 1 },
  ),
  campaign(
    {
      what: 'a block that failed once cannot be read again',
      says: 'when flips were undone: block 7 gave EIO',
    },
    { unexpected: [unexpected('upper', 'restored', 'EIO')], unexpectedReads: 1 },
  ),
  campaign(
    {
      what: 'the guest panics at the first corrupted block',
      says: 'the guest was lost after 6 of 6 flips',
    },
    { ended: { reason: 'the VM panicked', byGuest: true } },
  ),
  vacuous(
    campaign(
      {
        what: 'no flip reached a hash block',
        says: 'too few flips to prove anything: no flip in leaf blocks',
      },
      { flips: { data: 5, leaf: 0, upper: 1 } },
    ),
  ),
  changedFile(
    { what: 'a changed file can be read', says: '/coco could be read' },
    { during: { exitCode: 0, content: 'DoCo', error: '' } },
  ),
  changedFile(
    { what: 'a changed file is not there', says: 'failed for another reason' },
    { during: { exitCode: 1, content: '', error: 'No such file or directory' } },
  ),
  changedFile(
    { what: 'the kernel blames another block', says: 'does not name data block 9' },
    { kernelLog: ['device-mapper: verity: 254:2: data block 8 is corrupted'] },
  ),
  vacuous(
    changedFile(
      {
        what: 'the file cannot be read when the change is undone',
        says: 'does not read CoCo without the change',
      },
      { after: { exitCode: 1, content: '', error: 'Input/output error' } },
    ),
  ),
  vacuous(
    changedFile(
      { what: 'nobody knew whose block it is', says: 'was not known to be of /coco alone' },
      { owners: [] },
    ),
  ),
  policy(
    'CVM-DV-013',
    {
      what: 'a sector that cannot be read restarts the guest that asked for that of corruption',
      says: 'restart_on_corruption: a sector that cannot be read ends in restart, not in EIO',
    },
    'restart_on_corruption',
    { expected: 'EIO', instead: 'restart' },
  ),
  policy(
    'CVM-DV-014',
    {
      what: 'a kernel that does not know panic_on_error reads on',
      says: 'panic_on_error: a sector that cannot be read ends in EIO, not in panic',
    },
    'panic_on_error',
    { expected: 'panic', instead: 'EIO' },
  ),
  policy(
    'CVM-DV-015',
    {
      what: 'a guest that should restart panics',
      says: 'restart_on_error: a sector that cannot be read ends in panic, not in restart',
    },
    'restart_on_error',
    { expected: 'restart', instead: 'panic' },
  ),
];

type About = Pick<Sabotage, 'what' | 'says'>;

/** What a sound guest shows: a campaign of six flips. */
const CAMPAIGN: Campaign = {
  seed: 1,
  asked: 6,
  flips: { data: 4, leaf: 1, upper: 1 },
  refusals: 20,
  others: 6,
  restored: 26,
  unexpected: [],
  unexpectedReads: 0,
  seconds: 1,
};

/** Levels of the tree of hashes. */
const LEVELS = 2;

function campaign(about: About, other: Partial<Campaign>): Sabotage {
  return made('CVM-DV-001', about, async () => ({
    sound: judgeCampaign(CAMPAIGN, LEVELS, 'campaign.json'),
    wrong: judgeCampaign({ ...CAMPAIGN, ...other }, LEVELS, 'campaign.json'),
  }));
}

function unexpected(
  kind: Campaign['unexpected'][number]['kind'],
  when: 'flipped' | 'restored',
  observed: string,
): Campaign['unexpected'][number] {
  return { kind, block: 7, when, expected: when === 'flipped' ? 'EIO' : 'its data', observed };
}

const READS = { exitCode: 0, content: 'CoCo', error: '' };

/** What a sound guest shows of a file that is changed beneath it. */
const CHANGED_FILE: ChangedFile = {
  path: '/coco',
  content: 'CoCo',
  changed: 'DoCo',
  block: 9,
  owners: ['/coco'],
  before: READS,
  during: { exitCode: 1, content: '', error: 'head: /coco: Input/output error' },
  after: READS,
  kernelLog: ['device-mapper: verity: 254:2: data block 9 is corrupted'],
};

const EVIDENCE = { reads: 'reads.json', kernelLog: 'dmesg.txt' };

function changedFile(about: About, other: Partial<ChangedFile>): Sabotage {
  return made('CVM-DV-002', about, async () => ({
    sound: judgeChangedFile(CHANGED_FILE, EVIDENCE),
    wrong: judgeChangedFile({ ...CHANGED_FILE, ...other }, EVIDENCE),
  }));
}

function policy(
  requirement: Requirement['id'],
  about: About,
  name: string,
  { expected, instead }: Readonly<Record<'expected' | 'instead', PolicyRead['end']>>,
): Sabotage {
  const judge = (end: PolicyRead['end']) => [
    judgePolicy({ policy: name, end, said: 'as QEMU has it' }, expected, 'policies.json'),
  ];
  return made(requirement, about, async () => ({ sound: judge(expected), wrong: judge(instead) }));
}

function vacuous(sabotage: Sabotage): Sabotage {
  return { ...sabotage, state: 'vacuous' };
}
