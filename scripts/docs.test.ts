import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { lexer, type Token, walkTokens } from 'marked';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkConfig } from '../harness/cli/run-config.ts';
import { makeVariableStore } from '../harness/formats/testing/make-variable-store.ts';
import { makeUki } from '../harness/predict/testing/made-boot.ts';
import { REQUIREMENTS } from '../suites/requirements/index.ts';
import { catalogueText } from './docs/catalogue.ts';
import { libraryText } from './docs/library.ts';
import { usageProblem } from './testing/cvm-usage.ts';
import { commandsOf, cvmWords } from './testing/shell-words.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...(await readdir(join(ROOT, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const texts = new Map(PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')]));
const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Each command of a page, from its blocks of shell and from the code in its sentences. */
async function commandsIn(page: string): Promise<readonly (readonly string[])[]> {
  const commands: (readonly string[])[] = [];
  const see = (token: Token) => {
    if (token.type === 'code' && token.lang === 'sh') commands.push(...commandsOf(token.text));
    const isCommand = token.type === 'codespan' && /^(?:scripts\/|npm run )/.test(token.text);
    if (isCommand) commands.push(...commandsOf(token.text));
  };
  await Promise.all(walkTokens(lexer(texts.get(page) ?? ''), see));
  return commands;
}

const found = await Promise.all(
  PAGES.map(async (page) => (await commandsIn(page)).map((words) => ({ page, words }))),
);
const all = found.flat().map(({ page, words }) => ({ page, words, text: words.join(' ') }));

/** What boots nothing and needs no evidence of a real boot. */
const OFFLINE = /^scripts\/cvm (?:uki|vars|hashes-table) |--help$/;

describe('the documents', () => {
  it('have commands', () => {
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter(({ text }) => OFFLINE.test(text)).length).toBeGreaterThanOrEqual(4);
  });

  it.each(all)('$page: $text can be called so', async ({ words }) => {
    expect(await problemOf(words)).toBeUndefined();
  });

  it.each(PAGES)('%s links to what is there', async (page) => {
    const links: string[] = [];
    const see = (token: Token) => {
      if (token.type === 'link' && !/^(?:https?:|#)/.test(token.href)) links.push(token.href);
    };
    await Promise.all(walkTokens(lexer(texts.get(page) ?? ''), see));
    for (const link of links) {
      const path = join(ROOT, page, '..', link.replace(/#.*/, ''));
      expect([link, existsSync(path)]).toEqual([link, true]);
    }
  });

  it('show a configuration that is one', () => {
    const blocks = lexer(texts.get('docs/your-own-image.md') ?? '').flatMap((token) =>
      token.type === 'code' && token.lang === 'yaml' ? [token.text] : [],
    );
    const ids = REQUIREMENTS.map(({ id }) => id);
    expect(blocks.map((text) => checkConfig('cvm.config.yaml', parse(text), ids))).toMatchObject([
      { image: 'my.raw', boot: { path: 'uki' } },
    ]);
  });

  it('list every requirement: if not, run npm run catalogue', () => {
    expect(texts.get('docs/requirements.md')).toBe(catalogueText(REQUIREMENTS));
  });

  it('describe the library as it is: if not, run npm run reference', () => {
    const read = (file: string) => readFileSync(join(ROOT, 'harness', file), 'utf8');
    expect(texts.get('docs/library.md')).toBe(libraryText(read('index.ts'), read));
  });
});

/** What is wrong with a command; of one that a sentence only names, whether it is there. */
async function problemOf(words: readonly string[]): Promise<string | undefined> {
  const called = cvmWords(words)?.filter((word) => word !== '…');
  if (called !== undefined && called.length < 2) return await usageProblem([...called, '--help']);
  if (called !== undefined) return await usageProblem(called.map((word) => VALUES[word] ?? word));
  const [program = '', verb = '', script = ''] = words;
  if (program === 'npm' && verb === 'run') return script in scripts ? undefined : `no ${script}`;
  if (program.startsWith('scripts/')) return existsSync(join(ROOT, program)) ? undefined : program;
  return ['npm test', 'sysctl -w'].includes(`${program} ${verb}`) ? undefined : program;
}

/** What stands for a value in a sentence. */
const VALUES: Readonly<Record<string, string>> = { NAME: 'measured-boot', ID: 'CVM-MB-001' };

describe('the commands of the documents that boot nothing', {
  timeout: 60_000,
  concurrent: true,
}, () => {
  let folder: string;

  beforeAll(async () => {
    folder = (await dir({ prefix: 'cvm-test-' })).path;
    await mkdir(join(folder, 'certificates'));
    await symlink(join(ROOT, 'scripts'), join(folder, 'scripts'));
    await writeFile(join(folder, 'my.efi'), makeUki(257));
    await writeFile(join(folder, 'my-vars.fd'), makeVariableStore([]));
    for (const name of ['vmlinuz', 'initrd.img']) await writeFile(join(folder, name), name);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(all.filter(({ text }) => OFFLINE.test(text)))('$page: $text', async ({ words }) => {
    const [program = '', ...args] = words;
    const { exitCode, stderr } = await execa(program, args, { cwd: folder, reject: false });
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});
