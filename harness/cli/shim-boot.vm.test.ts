import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Boots, type ConformanceBoot } from '../../suites/boots.ts';
import { Reaper } from '../host/reaper.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { firmwareBuilds } from '../images/firmware-build.ts';
import { getImage } from '../images/get-image.ts';
import { signedShim } from '../images/shim-disk.ts';
import { ImageVariants } from '../images/variants.ts';
import { judgePcr } from '../judge/judge-pcr.ts';
import { Machine } from '../machine/machine.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

const PCRS = [4, 5, 7, 9, 11, 12, 13, 14];
const hasShim =
  existsSync(WORKSPACE.toolbox) &&
  existsSync(signedShim({ kind: 'toolbox', root: WORKSPACE.toolbox }));

describe.skipIf(!hasShim)(
  "a real boot by way of Debian's shim and systemd-boot (skipped without shim-signed in the toolbox)",
  () => {
    const run = mkdtempSync(join(tmpdir(), 'cvm-shim-boot-'));
    let boot: ConformanceBoot;

    beforeAll(async () => {
      await using reaper = Reaper.start();
      const { machine, access } = await shimMachine(reaper);
      await using boots = new Boots({
        run,
        machines: { [machine.name]: { machine, access } },
        tools: toolbox(),
        accelerator: 'tcg',
        cache: WORKSPACE.cache,
        toolVersions: {},
      });
      boot = await boots.of(machine.name, new AbortController().signal);
    });

    afterAll(() => rmSync(run, { recursive: true, force: true }));

    it.each(PCRS)('has PCR %i as predicted, by value and event by event', (pcr) => {
      const judgements = judgePcr(pcr, boot.prediction, boot.observation);
      expect(judgements.map(({ state }) => state)).toEqual(['pass', 'pass']);
    });
  },
);

/** With Secure Boot on: shim is there for that. */
async function shimMachine(reaper: Reaper) {
  const build = { tools: toolbox(), reaper, images: WORKSPACE.images, onStep: () => undefined };
  const image = await getImage(WORKSPACE.definitions, 'uki-verity', build);
  const variants = new ImageVariants(image, toolbox(), { reaper });
  const firmware = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
  const ovmf = firmware.find(({ variant, vars }) => variant === 'secure-boot' && vars !== null);
  if (ovmf?.vars == null) throw new TypeError('no Secure Boot build of OVMF');
  const path = signedShim(toolbox());
  const shim = { path, sha256: await sha256OfFile(path) };
  const machine = Machine.parse({
    name: 'shim-systemd-boot',
    firmware: {
      kind: 'pflash',
      code: ovmf.code.path,
      vars: await variants.enrolledForShim(ovmf.vars, true),
      smm: true,
    },
    boot: {
      kind: 'disk',
      format: 'raw',
      path: await variants.shimDisk({ bootPath: 'shim', shim, secondStage: 'systemd-boot' }),
    },
  });
  return { machine, access: variants.access };
}
