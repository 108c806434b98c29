import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolbox, WORKSPACE } from '../harness/cli/workspace.ts';
import { Reaper } from '../harness/host/reaper.ts';
import { runTool } from '../harness/host/run-tool.ts';
import { toolCommand } from '../harness/host/tools.ts';
import { getImage } from '../harness/images/get-image.ts';
import { type DirectImage, requireDirect, requireDisk } from '../harness/images/reference-image.ts';
import { Result } from '../harness/report/result.ts';
import { IMAGES } from '../suites/images.ts';
import { commandsOf } from './testing/shell-words.ts';

const ROOT = join(import.meta.dirname, '..');
const ready = existsSync(WORKSPACE.toolbox);

/** The longest of the commands boots twice. */
const TIMEOUT_MS = 600_000;
const UKIFY_MS = 60_000;

describe.skipIf(!ready)(
  'the commands of the documents that boot something (skipped without scripts/setup)',
  { timeout: TIMEOUT_MS },
  () => {
    let folder: string;
    const at = (...names: readonly string[]) => join(folder, ...names);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'cvm-docs-'));
      await using reaper = Reaper.start();
      const build = { tools: toolbox(), reaper, images: WORKSPACE.images, onStep: () => undefined };
      const image = (name: string) => getImage(WORKSPACE.definitions, name, build);
      const { disk } = requireDisk(await image(IMAGES.ukiVerity));
      const direct = requireDirect(await image(IMAGES.initrdOnly));
      await makeUki(direct, reaper);
      const links = {
        scripts: join(ROOT, 'scripts'),
        'my.raw': disk,
        vmlinuz: direct.kernel,
        'initrd.img': direct.initrd,
      };
      for (const [name, target] of Object.entries(links)) await symlink(target, at(name));
    });

    afterAll(() => rm(folder, { recursive: true, force: true }));

    async function makeUki({ kernel, initrd, cmdline }: DirectImage, reaper: Reaper) {
      const sections = [`--linux=${kernel}`, `--initrd=${initrd}`, `--cmdline=@${cmdline}`];
      const args = ['build', ...sections, '--os-release=ID=test', '--output', at('my.efi')];
      const access = { readable: [kernel, initrd, cmdline], directory: folder };
      const command = toolCommand(toolbox(), 'ukify', args, access);
      await runTool(command, { reaper, deadlineMs: UKIFY_MS });
    }

    /** Runs a command of `cvm` and gives what it printed. */
    async function cvm(line: string): Promise<string> {
      const [words = []] = commandsOf(line);
      const ended = await execa(at('scripts', 'cvm'), words, { cwd: folder, reject: false });
      expect([ended.exitCode, ended.exitCode === 0 ? '' : ended.stderr]).toEqual([0, '']);
      return ended.stdout;
    }

    const conformance = (options: string) => cvm(`conformance ${options} --results results`);

    const resultOf = async (run: string) =>
      Result.parse(JSON.parse(await readFile(at('results', run, 'result.json'), 'utf8')));

    it('say what this host can do, and build an image', async () => {
      expect(await cvm('doctor')).toContain('profile emulated can run');
      await cvm('image build uki-verity');
    });

    it.each(['testing', 'usr', 'plain'])('build an example of profile %s', async (profile) => {
      await cp(join(ROOT, 'docs', 'examples', 'mkosi'), at('my-image'), { recursive: true });
      const words = ['mkosi', '--directory', 'my-image', '--profile', profile, 'summary'];
      const { stdout } = await execa(at('scripts', 'toolbox'), words, { cwd: folder });
      expect(stdout).toMatch(new RegExp(`^ *Output: ${profile}\\.raw$`, 'm'));
    });

    it('boot one and say how to log in, until they are interrupted', async () => {
      const [words = []] = commandsOf('boot uki-verity');
      const booted = execa(at('scripts', 'cvm'), words, { reject: false });
      for await (const line of booted) {
        expect(line).toMatch(/^ssh -p \d+ /);
        booted.kill('SIGINT');
      }
      expect((await booted).exitCode).toBe(130);
    });

    it.each([
      '--image my.raw',
      '--image my.efi',
      "--image vmlinuz --initrd initrd.img --cmdline 'console=ttyS0 rootfstype=ramfs quiet panic=-1 net.ifnames=0 systemd.firstboot=no' --baseline results/baselines/mine.json",
    ])('judge an image that nobody can log in to: %s', async (options) => {
      const printed = await conformance(options);
      expect(printed).toMatch(/\n\d+ passed, 0 failed, \d+ skipped$/);
      const { requirements } = await resultOf('latest');
      const findings = requirements.flatMap((one) => one.findings);
      const judged = findings.filter(({ state }) => state !== 'skip');
      expect(new Set(judged.map(({ witness }) => witness))).toEqual(new Set(['TPM command log']));
      const byLogs = findings.filter(({ sentence }) => sentence.includes('cannot be asked for'));
      expect(byLogs.map(({ requirement }) => requirement)).toContain('CVM-MB-004');
      await mkdir(at('results', 'baselines'), { recursive: true });
      const result = at('results', 'latest', 'result.json');
      await copyFile(result, at('results', 'baselines', 'mine.json'));
    });

    it.each([
      ['--image my.raw --firmware 2025.02 --against-firmware 2026.08', 'firmware: 2025.02/'],
    ])('hold one against another: %s', async (options, told) => {
      const printed = await conformance(options);
      expect(printed).toContain(`environment\n  ${told}`);
      expect(printed).toMatch(/events\n {2}image: the machines differ/);
      const [, a = ''] = /^ {3}(\S+-a)$/m.exec(printed) ?? [];
      expect(existsSync(join(a, 'report.html'))).toBe(true);
      expect((await resultOf('latest')).summary.fail).toBe(0);
    });
  },
);
