import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.ts';
import { FIXTURES_MISSING, openFixtures } from '../formats/testing/fixtures.ts';
import { encodeIdBlock } from '../sev/id-block.ts';
import { encodePublicKey, keyDigest } from '../sev/id-public-key.ts';
import { makeReport } from '../sev/testing/make-report.ts';
import { parsePolicy } from './policy-option.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const MEASUREMENT = 'aa'.repeat(48);

let folder: string;

beforeAll(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  const file = (name: string) => join(folder, name);
  for (const name of ['id', 'author']) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    await writeFile(file(`${name}.pem`), privateKey.export({ type: 'sec1', format: 'pem' }));
    await writeFile(file(`${name}.der`), privateKey.export({ type: 'pkcs8', format: 'der' }));
    await writeFile(file(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  await writeFile(
    file('locked.pem'),
    privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }),
  );
  await writeFile(file('report.bin'), makeReport({}, privateKey));
});

afterAll(() => rm(folder, { recursive: true }));

async function cvm(...args: readonly string[]) {
  const how = { reject: false, timeout: 30_000, cwd: folder } as const;
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [MAIN, 'id-block', ...args],
    how,
  );
  return { exitCode, stdout, stderr };
}

const CREATE = ['create', '--measurement', MEASUREMENT, '--id-key'];

describe('cvm id-block', { timeout: 60_000 }, () => {
  it('creates what it verifies, and names the keys as reports do', async () => {
    const files = ['--id-block', 'block', '--id-auth', 'auth'];
    const author = ['--author-key', 'author.der'];
    const ids = ['--family-id', 'f1'.repeat(16), '--image-id', '1d'.repeat(16)];
    const more = ['--policy', '0xb0000', '--guest-svn', '0x7', '--json'];
    const { stdout, exitCode } = await cvm(
      ...CREATE,
      'id.pem',
      ...author,
      ...ids,
      ...files,
      ...more,
    );
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout);
    const block = await readFile(join(folder, 'block'));
    expect(report).toMatchObject({ policy: '0xb0000', guestSvn: 7, measurement: MEASUREMENT });
    expect(report.idBlock).toBe(block.toString('base64'));
    expect(report.qemu).toBe(
      `id-block=${report.idBlock},id-auth=${report.idAuth},author-key-enabled=on`,
    );
    expect(toHex(block)).toBe(
      `${MEASUREMENT}${'f1'.repeat(16)}${'1d'.repeat(16)}010000000700000000000b0000000000`,
    );
    const { idKeyDigest, authorKeyDigest } = report;
    const digests = ['--id-key-digest', idKeyDigest, '--author-key-digest', authorKeyDigest];
    const verified = await cvm('verify', ...files, ...digests, '--measurement', MEASUREMENT);
    expect([verified.exitCode, verified.stderr]).toEqual([0, '']);
    expect(verified.stdout).toMatch(/The ID block verifies\.$/);
  });

  it('takes base64, and refuses with the reason', async () => {
    const { stdout } = await cvm(...CREATE, 'id.der', '--json');
    const report = JSON.parse(stdout);
    expect(report.authorKeyDigest).toBeNull();
    expect(report.qemu).not.toContain('author');
    await writeFile(join(folder, 'block.b64'), `${report.idBlock}\n`);
    await writeFile(join(folder, 'auth.b64'), report.idAuth.replace(/(.{76})/g, '$1\n'));
    const files = ['verify', '--id-block', 'block.b64', '--id-auth', 'auth.b64'];
    expect((await cvm(...files)).exitCode).toBe(0);
    const wrong = await cvm(...files, '--policy', '0xa0000', '--report', 'report.bin', '--json');
    expect(wrong.exitCode).toBe(1);
    const { valid, checks } = JSON.parse(wrong.stdout);
    expect(valid).toBe(false);
    expect(checks).toContainEqual({
      name: 'policy',
      ok: false,
      detail: '0x30000, not 0xa0000',
    });
    // The made report shows another key.
    const failed = checks.flatMap((one: { name: string; ok: boolean }) => (one.ok ? [] : one.name));
    expect(failed).toEqual(['policy', 'report.idKeyDigest']);
  });

  it.each([
    [[...CREATE, 'none.pem'], 'none.pem: no such file'],
    [[...CREATE, 'id.pub'], 'id.pub: at 0x0: expected a private key in PEM or DER, found a public'],
    [[...CREATE, 'locked.pem'], 'expected a private key in PEM or DER, found an encrypted one'],
    [[...CREATE, 'report.bin'], 'expected a private key in PEM or DER, found another file'],
    [['create', '--measurement', 'aa', '--id-key', 'id.pem'], '--measurement: expected 48 bytes'],
    [[...CREATE, 'id.pem', '--policy', '0x10000'], '--policy: bit 17 must be one'],
    [[...CREATE, 'id.pem', '--guest-svn', '0x100000000'], '--guest-svn: expected a number from 0'],
    [['verify', '--id-block', 'id.pem'], "required option '--id-auth <file>' not specified"],
    [
      ['verify', '--id-block', 'report.bin', '--id-auth', 'report.bin'],
      'report.bin: at 0x60: expected an ID block of 96 bytes, found 1184 bytes',
    ],
  ])('refuses %j in one line', async (args, line) => {
    const { exitCode, stdout, stderr } = await cvm(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(line);
    expect(stderr.split('\n')).toHaveLength(1);
  });
});

describe('a policy', () => {
  it.each([
    ['0x30000', 0x30000n],
    ['196608', 0x30000n],
    ['0xffffffffffffffff', 0xffff_ffff_ffff_ffffn],
  ])('%s is read', (text, policy) => {
    expect(parsePolicy(text)).toBe(policy);
  });

  it.each(['', '0', '0x10000', '0x1ffffffffffffffff', '99999999999999999999', 'SMT', '-1'])(
    '"%s" is refused',
    (text) => {
      expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ name: 'UsageError' }));
    },
  );
});

type Index = {
  readonly id_blocks: readonly {
    readonly id: string;
    readonly launch_digest_b64: string;
    readonly id_key: string;
    readonly author_key: string;
    readonly policy: number;
    readonly expected: Readonly<Record<string, string>>;
  }[];
};

describe.skipIf(FIXTURES_MISSING)('recorded ID blocks', () => {
  const { index, source } = openFixtures<Index>('launch', { id_blocks: [] });

  it.each(index.id_blocks)('$id', ({ launch_digest_b64, id_key, author_key, policy, expected }) => {
    const block = encodeIdBlock({
      measurement: Buffer.from(launch_digest_b64, 'base64'),
      familyId: new Uint8Array(16),
      imageId: new Uint8Array(16),
      version: 1,
      guestSvn: 0,
      policy: BigInt(policy),
    });
    const digestOf = (name: string) => {
      const file = source(name);
      const key = createPublicKey(Buffer.from(file.read(0, file.size)));
      return base64(keyDigest(encodePublicKey(key, name)));
    };
    expect(base64(block)).toBe(expected['id_block_b64']);
    expect(digestOf(id_key)).toBe(expected['id_key_digest_b64']);
    expect(digestOf(author_key)).toBe(expected['author_key_digest_b64']);
  });
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
