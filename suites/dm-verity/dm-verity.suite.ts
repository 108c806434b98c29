import { judgeCampaign } from '../../harness/judge/judge-campaign.ts';
import { judgeChangedFile } from '../../harness/judge/judge-changed-file.ts';
import { judgeFlips } from '../../harness/judge/judge-flips.ts';
import { judgeTwins } from '../../harness/judge/judge-twins.ts';
import { onOwnDisk, twins } from '../conformance.ts';
import { CHANGED_FILE_EVIDENCE } from './changed-file.ts';
import { changedBoots, flippedBits } from './conformance.ts';
import { readUnderPolicies } from './error-policies.ts';
import { flipBeneathGuest } from './flip-beneath-guest.ts';
import { FLIPS_FILE } from './flip-trials.ts';
import { CAMPAIGN_FILE, campaignOn, changeOn } from './on-running-guest.ts';

/** The reference image, as the suite of measured boot boots it. */
const machines = ['uki'];

onOwnDisk(
  'CVM-DV-001',
  'flips beneath the running guest fail exactly the reads that they reach',
  machines,
  async (fork, signal) => {
    const { campaign, levels } = await campaignOn(fork, signal);
    return judgeCampaign(campaign, levels, CAMPAIGN_FILE);
  },
);

onOwnDisk('CVM-DV-002', 'CoCo becomes DoCo, and cannot be read', machines, async (fork, signal) =>
  judgeChangedFile(await changeOn(fork, signal), CHANGED_FILE_EVIDENCE),
);

changedBoots('CVM-DV-003');
changedBoots('CVM-DV-004');
changedBoots('CVM-DV-005');
changedBoots('CVM-DV-006');
changedBoots('CVM-DV-007');
changedBoots('CVM-DV-008');
changedBoots('CVM-DV-009');
changedBoots('CVM-DV-011');
changedBoots('CVM-DV-012');

twins(
  'CVM-DV-010',
  'another root hash moves PCRs 4 and 11',
  { boot: 'uki', twin: 'other-root' },
  (boot, twin) =>
    judgeTwins({ what: 'another root hash', moved: [4, 5, 9, 11], unmoved: [7, 12] }, boot, twin),
);

onOwnDisk(
  'CVM-DV-013',
  'a sector that cannot be read is an error to the reader alone',
  machines,
  (fork, signal) =>
    readUnderPolicies(
      fork,
      [undefined, 'panic_on_corruption', 'restart_on_corruption'],
      'EIO',
      signal,
    ),
);
onOwnDisk('CVM-DV-014', 'panic_on_error panics', machines, (fork, signal) =>
  readUnderPolicies(fork, ['panic_on_error'], 'panic', signal),
);
onOwnDisk('CVM-DV-015', 'restart_on_error restarts', machines, (fork, signal) =>
  readUnderPolicies(fork, ['restart_on_error'], 'restart', signal),
);

changedBoots('CVM-DV-017');
flippedBits('CVM-DV-016');
onOwnDisk(
  'CVM-DV-016',
  'a bit of each region of data and tree is told by who is said to',
  machines,
  async (fork, signal) =>
    judgeFlips(await flipBeneathGuest(fork, signal), {
      witness: 'guest command',
      file: FLIPS_FILE,
    }),
);
