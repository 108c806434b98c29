import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diskCoverage } from '../coverage/coverage.ts';
import { openSource } from '../host/file-source.ts';
import { Reaper } from '../host/reaper.ts';
import { firmwareBuilds } from '../images/firmware-build.ts';
import { getImage } from '../images/get-image.ts';
import { requireDisk } from '../images/reference-image.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

const ready = existsSync(WORKSPACE.toolbox);

describe.skipIf(!ready)('the map of the reference image (skipped without scripts/setup)', () => {
  it('agrees with the forecast of each region changed', async () => {
    await using reaper = Reaper.start();
    const build = { tools: toolbox(), reaper, images: WORKSPACE.images, onStep: () => undefined };
    const image = requireDisk(await getImage(WORKSPACE.definitions, 'uki-verity', build));
    const [firmware] = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
    if (firmware === undefined) throw new TypeError('no firmware');
    using disk = await openSource(image.disk);
    using code = await openSource(firmware.code.path);
    const coverage = diskCoverage(disk, { code, vars: undefined }, { count: 1, seed: 1 });
    expect(coverage.sample?.disagreements).toEqual([]);
    expect(coverage.bytesByMechanism['dm-verity']).toBeGreaterThan(1 << 20);
    expect(coverage.unprotected.filter(({ mayBeUsed }) => mayBeUsed)).toEqual([]);
  });
});
