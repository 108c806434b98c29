import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionOf } from '../../suites/admission.ts';
import { Boots } from '../../suites/boots.ts';
import { runCampaign } from '../../suites/dm-verity/live-campaign.ts';
import type { BootSetting } from '../../suites/setting.ts';
import { findVerityPartitions } from '../coverage/verity-disk.ts';
import { BlockReader } from '../guest/block-reader.ts';
import { guestProgram } from '../guest/guest-program.ts';
import { openSource } from '../host/file-source.ts';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { firmwareBuilds } from '../images/firmware-build.ts';
import { getImage } from '../images/get-image.ts';
import { judgeCampaign } from '../judge/judge-campaign.ts';
import { needsToolbox, testToolbox } from '../vm/bench-for-tests.ts';
import { FlippableDisk } from '../vm/flippable-disk.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

/** The guest's kernel panics as if of itself (Linux, Documentation/admin-guide/sysrq.rst). */
const PANIC = 'echo c > /proc/sysrq-trigger';

const patient = new AbortController().signal;

describe.skipIf(testToolbox === undefined)(needsToolbox('a campaign of flips'), () => {
  let undo: AsyncDisposableStack;
  let setting: BootSetting;
  let boots: Boots;
  let reaper: Reaper;

  beforeAll(async () => {
    undo = new AsyncDisposableStack();
    reaper = undo.use(Reaper.start());
    const scratch = undo.use(await RunDirectory.create(reaper));
    setting = await settingIn(scratch, reaper);
    boots = undo.use(new Boots(setting, admissionOf(setting)));
  });
  afterAll(() => undo.disposeAsync());

  it('tells what was done until the guest panicked', async () => {
    const lost = new AbortController();
    await using own = await boots.forkOnOwnDisk('uki', setting.run, patient);
    const { vm, ssh } = own.vm;
    void vm.stages.failed.then((error) => lost.abort(error));
    const program = await guestProgram('read-blocks', toolbox(), setting.cache, { reaper });
    using original = await openSource(own.original);
    using disk = new FlippableDisk(own.disk);
    const partitions = findVerityPartitions(original);
    const { dataBlockBytes } = partitions.device.parameters;
    using reader = await BlockReader.start(ssh, program, '/dev/dm-0', dataBlockBytes, patient);
    const field = { reader, disk, original, partitions };
    const campaign = await runCampaign(field, { flips: 2000, seed: 1 }, lost.signal, (done) => {
      if (done > 300) ssh.run(PANIC).catch(() => undefined);
    });
    expect(campaign).toMatchObject({ ended: { byGuest: true }, unexpected: [] });
    expect(campaign.flips.data).toBeGreaterThan(300);
    expect(campaign.flips.leaf).toBe(0);
    const [end] = judgeCampaign(campaign, 5, 'campaign.json');
    expect(end).toMatchObject({
      state: 'fail',
      sentence: `the guest was lost after ${campaign.flips.data} of 2000 flips: in stage ssh, the VM was reset by the guest`,
    });
  });
});

/** What the suites are run with. */
async function settingIn(scratch: RunDirectory, reaper: Reaper): Promise<BootSetting> {
  const { images, definitions } = WORKSPACE;
  const context = { tools: toolbox(), reaper, images, onStep: () => undefined };
  const image = await getImage(definitions, 'uki-verity', context);
  return {
    run: scratch.file('run'),
    tools: toolbox(),
    accelerator: 'tcg',
    cache: WORKSPACE.cache,
    toolVersions: {},
    stock: {
      images: { 'uki-verity': image },
      firmware: await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware),
      toolbox: toolbox(),
      inputs: scratch.file('inputs'),
    },
    jobs: 1,
    seconds: {},
  };
}
