import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cameInTime, poll } from '../host/deadline.ts';
import { needsToolbox, testToolbox } from '../vm/bench-for-tests.ts';
import { readResult } from './result-file.ts';
import { WORKSPACE } from './workspace.ts';

/** Launches that come to nothing, and runs of the firmware alone: what takes seconds. */
const REQUIREMENTS = ['CVM-LM-003', 'CVM-KH-002', 'CVM-KH-005'];

/** What a checkout is made of: all but what is made in it. */
const MADE = ['.git', '.cache', 'node_modules', 'results'];

/** Of a cache, what is read alone: what takes minutes to make, and the word of set-up that it is there. */
const PREPARED = ['bin', 'node.stamp', 'all.stamp', 'toolbox', 'firmware', 'images'];

/** How long the reaper of a killed run may take. */
const REAPED_MS = 15_000;

const title = needsToolbox('runs of two checkouts at once');

describe.skipIf(testToolbox === undefined)(title, () => {
  const home = mkdtempSync(join(tmpdir(), 'cvm-two-'));
  const other = join(home, 'other');

  beforeAll(() => copyCheckout(other));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('do not disturb each other', async () => {
    const runs = [start(WORKSPACE.root, 'first'), start(other, 'second')];
    await Promise.all(runs.map(({ process }) => process));
    for (const { results, temporary } of runs) {
      expect(await notHeld(results)).toEqual([]);
      expect(readdirSync(temporary)).toEqual([]);
    }
  });

  it('leave each other alone when one is killed', async () => {
    const [staying, killed] = [start(WORKSPACE.root, 'third'), start(other, 'fourth')];
    await once(() => readdirSync(killed.temporary).length > 0);
    killed.process.kill('SIGKILL');
    await Promise.all([staying.process, killed.process]);
    expect(await notHeld(staying.results)).toEqual([]);
    expect(await once(() => readdirSync(killed.temporary).length === 0)).toBe(true);
    expect(readdirSync(staying.temporary)).toEqual([]);
  });

  /** Starts a run of a checkout, with directories of its own. */
  function start(checkout: string, name: string) {
    const [results, temporary] = [join(home, name), join(home, `${name}.tmp`)];
    mkdirSync(temporary);
    const chosen = REQUIREMENTS.flatMap((id) => ['--requirement', id]);
    const cvm = join(checkout, relative(WORKSPACE.root, import.meta.dirname), 'main.ts');
    const options = ['--accel', 'tcg', '--results', results];
    const process = execa(
      globalThis.process.execPath,
      [cvm, 'conformance', ...chosen, ...options],
      {
        reject: false,
        env: { TMPDIR: temporary },
      },
    );
    return { process, results, temporary };
  }
});

/** What does not hold of what was asked for, of the newest run. */
async function notHeld(results: string): Promise<readonly string[]> {
  const { requirements } = await readResult(join(results, 'latest'));
  return REQUIREMENTS.flatMap((id) => {
    const requirement = requirements.find((one) => one.id === id);
    if (requirement?.state === 'pass') return [];
    const findings = requirement?.findings.filter(({ state }) => state !== 'pass') ?? [];
    const said = findings.map((one) => `${one.machine}: ${one.sentence}; seen: ${one.observed}`);
    return [`${id} ${requirement?.state}: ${said.join('; ')}`];
  });
}

/** @returns whether it came true in time */
async function once(isTrue: () => boolean): Promise<boolean> {
  const wait = { name: 'what a run does', deadlineMs: REAPED_MS };
  return await cameInTime(wait, (signal) => poll(() => isTrue() || undefined, 10, signal));
}

/** A copy of this checkout with a cache of its own, in which what was prepared is there already. */
function copyCheckout(to: string): void {
  const { root, cache } = WORKSPACE;
  const isSource = (path: string) => !(MADE.includes(basename(path)) && path !== root);
  cpSync(root, to, { recursive: true, filter: isSource });
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'));
  mkdirSync(join(to, '.cache'));
  for (const name of PREPARED) symlinkSync(join(cache, name), join(to, '.cache', name));
}
