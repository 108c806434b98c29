import { judgeCampaign } from '../../harness/judge/judge-campaign.ts';
import { judgeChangedFile } from '../../harness/judge/judge-changed-file.ts';
import { onOwnDisk } from '../conformance.ts';
import { CHANGED_FILE_EVIDENCE } from './changed-file.ts';
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
