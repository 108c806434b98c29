import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from './config-file.ts';
import { checkConfig } from './run-config.ts';

const IDS = ['CVM-MB-001', 'CVM-MB-002'];
const check = (value: unknown) => checkConfig('cvm.config.yaml', value, IDS);

describe('a configuration', () => {
  it('needs nothing', () => {
    expect(check({})).toEqual({
      boot: { firmware: '2026.08', vcpus: 2, memoryMiB: 1024 },
      phases: 'enter-initrd:leave-initrd:sysinit:ready',
      waivers: [],
    });
  });

  it.each([
    [
      { sssh: {} },
      'sssh: expected one of the keys image, initrd, cmdline, ssh, boot, certificates, phases, ready, ' +
        'requirements, waivers, found "sssh"; the nearest is ssh',
    ],
    [
      { ssh: { key: 'k', usr: 'root' } },
      'ssh.usr: expected one of the keys user, key, hostKey, found "usr"; the nearest is user',
    ],
    [{ ssh: {} }, 'ssh.key: expected string, found nothing'],
    [
      { boot: { path: 'grub' } },
      'boot.path: expected one of "uki"|"systemd-boot"|"shim"|"kernel", found "grub"',
    ],
    [{ boot: { vcpus: 0 } }, 'boot.vcpus: expected number to be >=1, found 0'],
    [[], 'the configuration: expected object, found []'],
    [
      { waivers: [{ requirement: 'CVM-MB-001', reason: 'because', until: '2027-01-01' }] },
      'waivers.0.reason: expected a reason, in 10 characters or more, found "because"',
    ],
    [
      { waivers: [{ requirement: 'CVM-MB-001', reason: 'made with another tool', until: 'soon' }] },
      'waivers.0.until: expected the last day on which it counts, YYYY-MM-DD, found "soon"',
    ],
    [
      { waivers: [{ requirement: 'CVM-MB-001', reasn: 'made with another tool' }] },
      'waivers.0.reasn: expected one of the keys requirement, reason, until, found "reasn"; the nearest is reason',
    ],
    [
      { waivers: [{ requirement: 'CVM-MB-001' }] },
      'waivers.0.reason: expected string, found nothing',
    ],
    [
      { requirements: ['CVM-MB-02'] },
      'requirements.0: expected a requirement, found "CVM-MB-02"; the nearest is CVM-MB-002',
    ],
  ])('that says %j is refused', (value, sentence) => {
    expect(() => check(value)).toThrow(`cvm.config.yaml: ${sentence}`);
  });
});

describe('the file of a configuration', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = (await dir({ prefix: 'cvm-test-' })).path;
  });

  afterEach(() => rm(folder, { recursive: true }));

  const text = 'image: ./my.raw\nssh: { key: keys/id }\ncertificates: [db.crt]\n';

  it('is YAML, whose paths start from its folder', async () => {
    await writeFile(at('cvm.config.yaml'), text);
    await mkdir(at('keys'));
    await expect(readConfig(undefined, folder, IDS)).rejects.toThrow(
      `cvm.config.yaml: ssh.key: expected a file that can be read, found none at ${at('keys/id')}`,
    );
    await writeFile(at('keys/id'), '');
    await expect(readConfig(undefined, folder, IDS)).rejects.toThrow(
      'cvm.config.yaml: certificates.0: expected a file that can be read, found none at /',
    );
    await writeFile(at('db.crt'), '');
    expect(await readConfig(undefined, folder, IDS)).toMatchObject({
      image: at('my.raw'),
      ssh: { user: 'root', key: at('keys/id') },
      certificates: [at('db.crt')],
    });
  });

  it('may name an image that lies beside it, or a reference image', async () => {
    await writeFile(at('cvm.config.yaml'), 'image: my.raw\n');
    expect(await readConfig(undefined, folder, IDS)).toMatchObject({ image: 'my.raw' });
    await writeFile(at('my.raw'), '');
    expect(await readConfig(undefined, folder, IDS)).toMatchObject({ image: at('my.raw') });
  });

  it('or TypeScript with a default export', async () => {
    await writeFile(
      at('cvm.config.ts'),
      "const image: string = 'uki-verity';\nexport default { image };\n",
    );
    expect(await readConfig(undefined, folder, IDS)).toMatchObject({ image: 'uki-verity' });
    await writeFile(at('none.ts'), 'export const image = 1;\n');
    await expect(readConfig(at('none.ts'), folder, IDS)).rejects.toThrow('as its default export');
  });

  it('need not be there', async () => {
    expect(await readConfig(undefined, folder, IDS)).toMatchObject({ waivers: [] });
    await expect(readConfig(at('none.yaml'), folder, IDS)).rejects.toThrow('no such file');
    await expect(readConfig(at('none.ts'), folder, IDS)).rejects.toThrow('no such file');
  });

  it('is refused where there are two, or where it is no YAML', async () => {
    await writeFile(at('cvm.config.yaml'), 'image: [');
    await expect(readConfig(undefined, folder, IDS)).rejects.toThrow(
      /cvm\.config\.yaml: at 0x8: expected YAML, found Flow sequence/,
    );
    await writeFile(at('cvm.config.yaml'), 'image: ä\nready: *none\n');
    await expect(readConfig(undefined, folder, IDS)).rejects.toThrow(
      /cvm\.config\.yaml: at 0x0: expected YAML, found Unresolved alias .*none$/,
    );
    await writeFile(at('cvm.config.yaml'), '# ää\nimage: [');
    await expect(readConfig(undefined, folder, IDS)).rejects.toThrow('at 0xf: expected YAML');
    await writeFile(at('cvm.config.yaml'), Uint8Array.of(0x23, 0xff));
    await expect(readConfig(undefined, folder, IDS)).rejects.toThrow('bytes that are no UTF-8');
    await mkdir(at('more'));
    await writeFile(at('cvm.config.ts'), '');
    await expect(readConfig(undefined, folder, IDS)).rejects.toThrow(
      'cvm.config.ts and cvm.config.yaml: one of them, or --config',
    );
  });
});
