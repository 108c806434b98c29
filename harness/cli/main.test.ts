import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeVariableStore } from '../formats/testing/make-variable-store.ts';
import { makeUki } from '../predict/testing/made-boot.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

/** A command that hangs is ended by this, and its test fails. */
const LIMIT = { reject: false, timeout: 30_000 } as const;

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  const uki = makeUki(257);
  await writeFile(at('uki.efi'), uki);
  await writeFile(at('cut.efi'), uki.subarray(0, 100));
  await writeFile(at('vars.fd'), makeVariableStore([]));
  await writeFile(at('new\nline\u001b[31m.efi'), 'none');
  await execa('mkfifo', [at('fifo')]);
  await mkdir(at('empty'));
  await writeFile(at('config.yaml'), 'ssh: { kee: id }\n');
});

afterAll(() => rm(folder, { recursive: true }));

async function cvm(args: readonly string[], options: { readonly input?: Uint8Array } = {}) {
  const run = await execa(process.execPath, [MAIN, ...args], {
    ...LIMIT,
    ...options,
    cwd: folder,
  });
  return { exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr };
}

describe('cvm', { timeout: 60_000, concurrent: true }, () => {
  it.each([[['--help']], [['uki', '--help']], [['help', 'conformance']]])(
    'helps: %j',
    async (args) => {
      const { exitCode, stdout, stderr } = await cvm(args);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Usage: cvm /);
    },
  );

  it.each([
    [['--no-such'], "cvm: unknown option '--no-such'"],
    [['no-such\n\u001b[31m'], "cvm: unknown command 'no-such \\u{1b}[31m'"],
    [['uki'], "cvm: missing required argument 'file'"],
    [['uki', 'uki.efi', 'more'], "cvm: too many arguments for 'uki'"],
    [
      ['uki', 'uki.efi', '--banks', 'md5'],
      'cvm: no PCR bank "md5"; there are: sha1, sha256, sha384, sha512',
    ],
    [['uki', 'none.efi'], 'cvm: none.efi: no such file'],
    [['uki', 'fifo'], 'cvm: fifo: at 0x0: expected a regular file, found a FIFO'],
    [['uki', 'empty'], 'cvm: empty: at 0x0: expected a regular file, found a directory'],
    [['uki', 'cut.efi', '--json'], 'cvm: cut.efi: at 0x'],
    [['vars', 'new\nline\u001b[31m.efi'], 'cvm: new\\u{a}line\\u{1b}[31m.efi: at 0x0: expected '],
    [['judge', 'none'], 'cvm: none: no such dossier'],
    [['judge', 'uki.efi'], 'cvm: uki.efi: no dossier, which is a folder'],
    [['judge', 'empty'], 'cvm: empty: no dossier, it has no dossier.json'],
    [['conformance', '--requirement', 'CVM-MB-999'], 'cvm: no requirement CVM-MB-999; there are: '],
    [['conformance', '--suite', '..'], 'cvm: no suite ..; there are: '],
    [['conformance', '--image', 'none.raw'], 'cvm: none.raw: no such file'],
    [
      ['conformance', '--image', 'uki.efi', '--suite', 'dm-verity'],
      'cvm: --image judges one boot of that image: --suite is not for it',
    ],
    [
      ['conformance', '--config', 'config.yaml'],
      'cvm: config.yaml: ssh.kee: expected one of the keys user, key, hostKey, found "kee"; the nearest is key',
    ],
    [['conformance', '--seed', '-1'], "cvm: option '--seed <number>' argument '-1' is invalid."],
    [['conformance', '--image', 'uki.efi', '--requirement', 'X'], 'cvm: no requirement X'],
    [['boot', 'none'], 'cvm: no reference image none; there are: '],
    [['boot', '--disk', 'none.raw'], 'cvm: none.raw: no such file'],
    [
      ['boot', '--kernel', 'uki.efi', '--initrd', 'empty'],
      'cvm: empty: at 0x0: expected a regular',
    ],
    [['image', 'build', 'none'], 'cvm: no reference image none; there are: '],
    [['boot'], 'cvm: name one of: a reference image, --disk, --kernel'],
    [
      ['boot', '--disk', 'vars.fd', '--initrd', 'i'],
      'cvm: --initrd and --cmdline go with --kernel',
    ],
  ])('refuses %j in one line', async (args, line) => {
    const { exitCode, stdout, stderr } = await cvm(args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr.startsWith(line)).toBe(true);
    expect(stderr.split('\n')).toHaveLength(1);
  });

  it('prints one JSON document and nothing else', async () => {
    for (const args of [
      ['uki', 'uki.efi', '--json'],
      ['vars', 'vars.fd', '--json'],
    ]) {
      const { exitCode, stdout, stderr } = await cvm(args);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toBeTypeOf('object');
    }
  });

  it('reads standard input', async () => {
    const fromFile = await cvm(['uki', 'uki.efi', '--json']);
    const fromInput = await cvm(['uki', '-', '--json'], { input: makeUki(257) });
    expect(fromInput).toEqual(fromFile);
    expect((await cvm(['uki', '-'], { input: new Uint8Array(3) })).stderr).toMatch(
      /^cvm: -: at 0x/,
    );
  });

  it('is silent where nobody reads on', async () => {
    const command = `"${process.execPath}" "${MAIN}" uki uki.efi | true; echo "$PIPESTATUS"`;
    const run = await execa('bash', ['-c', command], { ...LIMIT, cwd: folder });
    expect([run.stdout, run.stderr]).toEqual(['0', '']);
  });

  it('fails in one line where there is no room for its output, as for a file', async () => {
    const told = async (output: string) => {
      const command = `"${process.execPath}" "${MAIN}" hashes-table --kernel uki.efi ${output}`;
      const run = await execa('bash', ['-c', command], { ...LIMIT, cwd: folder });
      return [run.exitCode, run.stderr];
    };
    const line = 'there is no room for it; make room there, or write it elsewhere';
    expect(await told('> /dev/full')).toEqual([3, `cvm: standard output: ${line}`]);
    expect(await told('-o /dev/full')).toEqual([3, `cvm: /dev/full: ${line}`]);
  });

  it('ends as it would where there is no room for what it says of it', async () => {
    const command = `"${process.execPath}" "${MAIN}" uki none.efi 2> /dev/full`;
    const run = await execa('bash', ['-c', command], { ...LIMIT, cwd: folder });
    expect([run.exitCode, run.timedOut]).toEqual([2, false]);
  });
});

describe('scripts/cvm', { timeout: 60_000 }, () => {
  it('starts the command, from any folder and through a link', async () => {
    const script = join(import.meta.dirname, '..', '..', 'scripts', 'cvm');
    const direct = await execa(script, ['vars', 'vars.fd', '--json'], { ...LIMIT, cwd: folder });
    expect([direct.exitCode, JSON.parse(direct.stdout).secureBoot]).toEqual([0, 'setup']);
    const refused = await execa(script, ['uki', 'fifo'], { ...LIMIT, cwd: folder });
    expect(refused.exitCode).toBe(2);
  });
});
