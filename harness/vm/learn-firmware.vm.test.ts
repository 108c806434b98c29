import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import manifest from '../../ovmf/manifest.json' with { type: 'json' };
import { poll } from '../host/deadline.ts';
import type { Machine } from '../machine/machine.ts';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from './bench-for-tests.ts';
import { learnFirmwareMemory } from './learn-firmware.ts';
import { launch } from './qemu.ts';

const FIRMWARE = fileURLToPath(new URL('../../.cache/firmware/', import.meta.url));

/** The newest build that relocates SMM, which leaves addresses in its memory, and the oldest that does not. */
const BUILDS = [
  manifest.builds.findLast(({ variant }) => variant === 'secure-boot'),
  manifest.builds.find(({ variant }) => variant === 'plain'),
].filter((build) => build !== undefined);

const available = BUILDS.filter(({ code }) => existsSync(FIRMWARE + code.file));

function firmwareOf({ code, vars, capabilities }: (typeof BUILDS)[number]): Machine['firmware'] {
  if (vars === null) return { kind: 'bios', image: FIRMWARE + code.file };
  const files = { code: FIRMWARE + code.file, vars: FIRMWARE + vars.file };
  return { kind: 'pflash', ...files, smm: capabilities.smm };
}

/** TPM2_PCR_Extend of PCR 7, which the firmware begins with when it is done with PCR 0's volumes. */
const NEXT_PART = '0000018200000007';

/** What the vTPM of a real boot was sent until then, as hex digits. */
async function measuredInBoot(bench: Bench, machine: Machine): Promise<string> {
  await using vm = await launch(machine, bench.context);
  const commands = () =>
    readFileSync(vm.tpm.logFile, 'utf8')
      .replaceAll(/^.*length \d+$|\s/gm, '')
      .toLowerCase();
  const isDone = () => commands().includes(NEXT_PART) || undefined;
  await vm.during((over) => poll(isDone, 50, over));
  return commands();
}

/** The files of the cache, and what changes when one is written again. */
function entriesOf(cache: string) {
  const directory = join(cache, 'firmware-memory');
  return readdirSync(directory).map((name) => [name, statSync(join(directory, name)).ino]);
}

const title = needsToolbox("what is learned of a firmware's memory");

describe.skipIf(testToolbox === undefined)(title, { timeout: BOOT_MS }, () => {
  it.for(available)(
    'is what a boot with another disk measures: $generation $variant',
    async (build) => {
      await using bench = await Bench.open();
      const machine = { ...bench.machine, firmware: firmwareOf(build), vcpus: 3 };
      const { peiVolume } = await learnFirmwareMemory(machine, bench.context);
      const cached = entriesOf(bench.context.cache);
      const again = await learnFirmwareMemory(machine, bench.context);
      expect(Buffer.compare(again.peiVolume, peiVolume)).toBe(0);
      expect(entriesOf(bench.context.cache)).toEqual(cached);

      if (machine.boot.kind === 'disk')
        writeFileSync(machine.boot.path, 'no blank disk'.repeat(99999));
      const digest = createHash('sha256').update(peiVolume).digest('hex');
      expect(await measuredInBoot(bench, machine)).toContain(`000b${digest}`);
    },
  );
});
