import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionOf } from '../../suites/admission.ts';
import { Boots, type ConformanceBoot } from '../../suites/boots.ts';
import { IMAGES } from '../../suites/images.ts';
import { Reaper } from '../host/reaper.ts';
import { firmwareBuilds } from '../images/firmware-build.ts';
import { getImage } from '../images/get-image.ts';
import { judgePcr } from '../judge/judge-pcr.ts';
import type { Prediction } from '../predict/prediction.ts';
import { toolbox, WORKSPACE } from './workspace.ts';

/** Those that a boot of a UKI extends, but for 10, which holds more than anybody forecasts. */
const PCRS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 15];
const ready = existsSync(WORKSPACE.toolbox);

describe.skipIf(!ready)(
  'a real boot of the reference image (skipped without scripts/setup)',
  () => {
    const run = mkdtempSync(join(tmpdir(), 'cvm-real-boot-'));
    let boot: ConformanceBoot;

    beforeAll(async () => {
      await using reaper = Reaper.start();
      const build = { tools: toolbox(), reaper, images: WORKSPACE.images, onStep: () => undefined };
      const images = {
        [IMAGES.ukiVerity]: await getImage(WORKSPACE.definitions, IMAGES.ukiVerity, build),
        [IMAGES.initrdOnly]: await getImage(WORKSPACE.definitions, IMAGES.initrdOnly, build),
      };
      const firmware = await firmwareBuilds(WORKSPACE.manifest, WORKSPACE.firmware);
      const stock = { images, firmware, toolbox: toolbox(), inputs: join(run, 'inputs') };
      const setting = {
        run,
        stock,
        tools: toolbox(),
        accelerator: 'tcg',
        cache: WORKSPACE.cache,
        toolVersions: {},
        jobs: 1,
        seconds: {},
      } as const;
      await using boots = new Boots(setting, admissionOf(setting));
      boot = await boots.of('uki-secure-boot', new AbortController().signal);
    });

    afterAll(() => rmSync(run, { recursive: true, force: true }));

    it.each(PCRS)('has PCR %i as predicted, by value and event by event', (pcr) => {
      const judgements = judgePcr(pcr, boot.prediction, boot.observation);
      expect(judgements.map(({ state }) => state)).toEqual(['pass', 'pass']);
    });

    it.each(PCRS)('is found out where PCR %i was to be another', (pcr) => {
      const judgements = judgePcr(pcr, withoutLastEvent(boot.prediction, pcr), boot.observation);
      expect(judgements.map(({ state }) => state)).toEqual(['fail', 'fail']);
      expect(judgements[1]?.expected).toBe('no further event');
    });
  },
);

/** A forecast that has forgotten one event, and has another value for that reason. */
function withoutLastEvent(prediction: Prediction, pcr: number): Prediction {
  const last = prediction.events.findLastIndex((event) => event.pcr === pcr);
  const banks = Object.fromEntries(
    Object.entries(prediction.banks).map(([bank, pcrs]) => [
      bank,
      { ...pcrs, [pcr]: '00'.repeat(bank === 'sha256' ? 32 : 48) },
    ]),
  );
  return { ...prediction, banks, events: prediction.events.toSpliced(last, 1) };
}
