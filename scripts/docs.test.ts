import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { lexer, type Token, walkTokens } from 'marked';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkConfig } from '../harness/cli/run-config.ts';
import { REQUIREMENTS } from '../suites/requirements/index.ts';
import { catalogueText } from './docs/catalogue.ts';
import { libraryText } from './docs/library.ts';
import { usageProblem } from './testing/cvm-usage.ts';
import { DECISIONS } from './testing/documented-commands.ts';
import { makeDocumentedFiles } from './testing/documented-files.ts';
import { commandsOf, cvmWords } from './testing/shell-words.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...(await readdir(join(ROOT, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const texts = new Map(PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')]));
const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** What a command begins with. */
const COMMAND = /^(?:scripts\/(?!.*\.ts$|.*\/$)|npm (?:run|test)\b|cvm )/;

/** Each command of a page, from its blocks of code and from the code in its sentences. */
async function commandsIn(page: string): Promise<readonly (readonly string[])[]> {
  const commands: (readonly string[])[] = [];
  const see = (token: Token) => {
    if (token.type === 'code' && token.lang === 'sh') commands.push(...commandsOf(token.text));
    const lines =
      token.type === 'codespan' || (token.type === 'code' && !token.lang) ? [token.text] : [];
    for (const line of lines.join('\n').split('\n')) {
      if (COMMAND.test(line)) commands.push(...commandsOf(line));
    }
  };
  await Promise.all(walkTokens(lexer(texts.get(page) ?? ''), see));
  return commands;
}

const found = await Promise.all(
  PAGES.map(async (page) => (await commandsIn(page)).map((words) => ({ page, words }))),
);
const all = found.flat().map(({ page, words }) => ({ page, words, text: words.join(' ') }));

const decided = Object.entries(DECISIONS);

/** What a sentence calls a command by is none that anybody would run as it stands. */
const NAME_ALONE = /^(?:scripts\/)?cvm(?: [a-z-]+){1,2}$/;

describe('the documents', () => {
  it('have commands, and each was decided on in scripts/testing/documented-commands.ts', () => {
    const texts = new Set(all.map(({ text }) => text));
    const undecided = [...texts].filter((text) => !Object.hasOwn(DECISIONS, text));
    expect(undecided.filter((text) => !NAME_ALONE.test(text))).toEqual([]);
    expect(Object.keys(DECISIONS).filter((text) => !texts.has(text))).toEqual([]);
  });

  it.each(decided.flatMap(([text, one]) => (one.kind === 'boots' ? [{ text, ...one }] : [])))(
    '$text is in $by',
    async ({ by, words }) => {
      expect(await readFile(join(ROOT, by), 'utf8')).toContain(words);
    },
  );

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

  it.each(['signed', 'plain'])('come with a configuration of an image that is %s', async (name) => {
    const file = `${name}.config.yaml`;
    const text = await readFile(join(ROOT, 'docs', 'examples', 'mkosi', file), 'utf8');
    expect(checkConfig(file, parse(text), [])).toMatchObject({ ssh: { key: 'login' } });
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
  if (called !== undefined) return await problemOfCvm(called.map((word) => VALUES[word] ?? word));
  const [program = '', verb = '', script = ''] = words;
  if (program === 'npm' && verb === 'run') return script in scripts ? undefined : `no ${script}`;
  if (program.startsWith('scripts/')) return existsSync(join(ROOT, program)) ? undefined : program;
  const others = ['npm test', 'sysctl -w', 'cp -r'];
  return others.includes(`${program} ${verb}`) ? undefined : program;
}

async function problemOfCvm(words: readonly string[]): Promise<string | undefined> {
  const problem = await usageProblem(words);
  const isNamed = words.length === 0 || NAMED.test(problem ?? '');
  return isNamed ? await usageProblem([...words, '--help']) : problem;
}

/** Of a command that a sentence only names, what it needs is not there. */
const NAMED = /missing required argument|required option/;

/** What stands for a value in a sentence. */
const VALUES: Readonly<Record<string, string>> = { NAME: 'measured-boot', ID: 'CVM-MB-001' };

describe('the commands of the documents that boot nothing', {
  timeout: 120_000,
  concurrent: true,
}, () => {
  let folder: string;

  beforeAll(async () => {
    folder = (await dir({ prefix: 'cvm-test-' })).path;
    await makeDocumentedFiles(folder, ROOT);
  });

  afterAll(() => rm(folder, { recursive: true }));

  const runs = decided.flatMap(([text, one]) => (one.kind === 'run' ? [{ text, ...one }] : []));

  it.each(runs)('$text', async ({ text, as = text, exitCode }) => {
    const isWhole = /^(?:scripts\/|npm )/.test(as);
    const [program = '', ...args] = commandsOf(isWhole ? as : `scripts/cvm ${as}`)[0] ?? [];
    const ended = await execa(program, args, { cwd: folder, reject: false });
    expect([ended.exitCode, ended.exitCode === exitCode ? '' : ended.stderr]).toEqual([
      exitCode,
      '',
    ]);
    expect(ended.stdout !== '' || args.includes('-o')).toBe(true);
  });
});
