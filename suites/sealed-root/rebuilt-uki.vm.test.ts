import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../harness/bytes/source.ts';
import { makeEfiProgram } from '../../harness/formats/efi-program.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { witnessSections } from '../../harness/formats/trial-program.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import { runTool } from '../../harness/host/run-tool.ts';
import { toolCommand } from '../../harness/host/tools.ts';
import { imageKeys } from '../../harness/images/image-keys.ts';
import { rebuildUki } from '../../harness/images/rebuild-uki.ts';
import { needsToolbox, testToolbox } from '../../harness/vm/bench-for-tests.ts';

const UKIFY_MS = 60_000;

/** Sections that are carried over. */
const CARRIED = ['.linux', '.initrd', '.osrel', '.uname'] as const;

describe.skipIf(testToolbox === undefined)(needsToolbox('a UKI that is built again'), () => {
  it('differs in its command line alone, wherever it is built', { timeout: 120_000 }, async () => {
    await using reaper = Reaper.start();
    await using home = await RunDirectory.create(reaper);
    const tools = testToolbox ?? { kind: 'host' };
    const keys = imageKeys(home.path);
    await mkdir(keys.directory);
    await writeFile(home.file('kernel'), makeEfiProgram(witnessSections()));
    await writeFile(home.file('initrd'), 'not unpacked by anybody');
    await writeFile(home.file('os-release'), 'ID=cvm\nVERSION_ID=1\n');
    const original = home.file('original.efi');
    const args = [
      ...['build', '--linux', home.file('kernel'), '--initrd', home.file('initrd')],
      ...['--os-release', `@${home.file('os-release')}`, '--uname', '6.12.0-test'],
      ...['--cmdline', 'quiet', '--output', original],
    ];
    const access = { directory: home.path };
    await runTool(toolCommand(tools, 'ukify', args, access), { reaper, deadlineMs: UKIFY_MS });
    const change = { cmdline: 'quiet other', unsigned: true } as const;
    const rebuild = (name: string) =>
      rebuildUki(original, change, home.file(name), keys, tools, { reaper });

    const before = await sectionsOf(original);
    const once = await sectionsOf(await rebuild('here'));
    const twice = await sectionsOf(await rebuild('elsewhere'));

    expect(before['.uname']).toBe('6.12.0-test');
    for (const name of CARRIED) expect(once[name]).toBe(before[name]);
    expect(once['.cmdline']).toBe('quiet other');
    expect(twice).toEqual(once);
  });
});

/** What the sections hold, a character for each byte. */
async function sectionsOf(path: string): Promise<Readonly<Record<string, string>>> {
  const uki = await readFile(path);
  const { sections } = readPe(bytesSource(path, uki));
  const contents = sections.map(({ name, rawOffset, virtualSize }) => {
    const content = uki.subarray(rawOffset, rawOffset + virtualSize);
    return [name, content.toString('latin1').replace(/\0+$/, '')] as const;
  });
  return Object.fromEntries(contents);
}
