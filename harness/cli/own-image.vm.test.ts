import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IMAGES } from '../../suites/images.ts';
import { bootOwnImage } from '../../suites/own-image/boot-own-image.ts';
import {
  judgeOwnBoot,
  NEEDS_LOGS,
  type OwnImageTerms,
} from '../../suites/own-image/judge-own-boot.ts';
import { type OwnImage, ownImage } from '../../suites/own-image/own-image.ts';
import { COMMON_READY } from '../guest/boot-end.ts';
import { Reaper } from '../host/reaper.ts';
import { firmwareBuilds } from '../images/firmware-build.ts';
import { getImage } from '../images/get-image.ts';
import { requireDisk } from '../images/reference-image.ts';
import type { JudgedBoot } from '../judge/judge-twins.ts';
import { BOOTED } from '../predict/predict.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

const ready = existsSync(WORKSPACE.toolbox);

describe.skipIf(!ready)(
  'a real image that nobody can log in to (skipped without scripts/setup)',
  () => {
    const run = mkdtempSync(join(tmpdir(), 'cvm-own-image-'));
    let image: OwnImage;
    let boot: JudgedBoot;

    beforeAll(async () => {
      await using reaper = Reaper.start();
      const build = { tools: toolbox(), reaper, images: WORKSPACE.images, onStep: () => undefined };
      const { disk } = requireDisk(await getImage(WORKSPACE.definitions, IMAGES.ukiVerity, build));
      const firmware = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
      image = await ownImage(
        { image: disk, boot: { firmware: '2026.08', vcpus: 2, memoryMiB: 1024 } },
        { firmware, toolbox: toolbox(), inputs: join(run, 'inputs'), run: { reaper } },
      );
      boot = await bootOwnImage(image, {
        run,
        reaper,
        tools: toolbox(),
        accelerator: 'tcg',
        cache: WORKSPACE.cache,
        toolVersions: {},
        phases: BOOTED,
        end: { ready: COMMON_READY, quietMs: 90_000 },
        signal: new AbortController().signal,
      });
    });

    afterAll(() => rmSync(run, { recursive: true, force: true }));

    const judged = (of: JudgedBoot) => {
      const { facts, noAccess } = image;
      const terms: OwnImageTerms = { facts, noAccess, waivers: [], today: '2026-01-01' };
      return new Map(judgeOwnBoot(of, terms).map(({ id, judgements }) => [id, judgements]));
    };

    it('is judged by what its TPM was told', () => {
      const states = (id: 'CVM-MB-001' | 'CVM-MB-003' | 'CVM-MB-016') =>
        judged(boot)
          .get(id)
          ?.map(({ state, witness }) => [state, witness]);
      for (const id of ['CVM-MB-001', 'CVM-MB-003', 'CVM-MB-016'] as const) {
        expect(states(id)).toEqual([
          ['pass', 'TPM command log'],
          ['pass', 'TPM command log'],
        ]);
      }
    });

    it('is found out where another image was forecast', () => {
      const events = boot.prediction.events.filter(({ pcr }) => pcr !== 4);
      const other = { ...boot, prediction: { ...boot.prediction, events } };
      expect(
        judged(other)
          .get('CVM-MB-001')
          ?.map(({ state }) => state),
      ).toEqual(['pass', 'fail']);
    });

    it('is not said to have logs that account for anything', () => {
      for (const id of NEEDS_LOGS) expect(judged(boot).get(id)?.[0]?.state).toBe('skip');
    });
  },
);
