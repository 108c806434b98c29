import { docstringOf } from '../docstring-of.ts';
import { parseSource } from '../parse-source.ts';

/** Something that the library exports. */
type Exported = { readonly name: string; readonly file: string };

/** Longer declarations are shown by their first line. */
const MOST_LINES = 40;

/**
 * The reference of the library in Markdown: what its entry exports, with declarations and docstrings.
 *
 * @param entry text of `harness/index.ts`
 * @param read gives the text of a file that it exports from, by its path relative to `harness/`
 * @throws Error where something is exported that has no declaration or no docstring
 */
export function libraryText(entry: string, read: (file: string) => string): string {
  const parts = exportsOf(entry).map((one) => section(one, read(one.file)));
  return [
    '# The harness as a library',
    '',
    'Generated from the docstrings of what `harness/index.ts` exports, by `npm run reference`.',
    '',
    ...docLines(entry.slice(0, entry.indexOf('*/') + 2)),
    '',
    ...parts.flat(),
  ].join('\n');
}

function exportsOf(entry: string): readonly Exported[] {
  const { program } = parseSource('harness/index.ts', entry);
  const all = program.body.flatMap((node) =>
    node.type !== 'ExportNamedDeclaration' || node.source === null
      ? []
      : node.specifiers.map(({ exported }) => ({
          name: 'name' in exported ? exported.name : exported.value,
          file: String(node.source?.value).replace(/^\.\//, ''),
        })),
  );
  return all.toSorted((a, b) => a.name.localeCompare(b.name));
}

function section({ name, file }: Exported, text: string): readonly string[] {
  const declarations = parseSource(file, text).program.body.filter(
    (node) => node.type === 'ExportNamedDeclaration' && namesOf(node.declaration).includes(name),
  );
  const [first] = declarations;
  if (first === undefined) throw new Error(`${file} declares no ${name}`);
  const node = declarations.findLast(({ start }) => docstringOf(text, start) !== '') ?? first;
  const doc = docstringOf(text, node.start);
  if (doc === '') throw new Error(`${file}: ${name} has no docstring`);
  return [
    `## ${name}`,
    ...docLines(doc),
    '',
    '```ts',
    declarationOf(node, text),
    '```',
    `[harness/${file}](../harness/${file})`,
    '',
  ];
}

type Node = ReturnType<typeof parseSource>['program']['body'][number];
type Declaration = Extract<Node, { type: 'ExportNamedDeclaration' }>['declaration'];

function namesOf(declaration: Declaration): readonly string[] {
  if (declaration === null) return [];
  if (declaration.type === 'VariableDeclaration') {
    return declaration.declarations.flatMap(({ id }) =>
      id.type === 'Identifier' ? [id.name] : [],
    );
  }
  return 'id' in declaration && declaration.id?.type === 'Identifier' ? [declaration.id.name] : [];
}

/** A function without its body; anything else as it stands, or its first line where it is long. */
function declarationOf(node: Node, text: string): string {
  const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : null;
  const body = declaration && 'body' in declaration ? declaration.body : null;
  if (declaration?.type === 'FunctionDeclaration' && body !== null && 'start' in body) {
    return text.slice(node.start, body.start).trim();
  }
  const whole = text.slice(node.start, node.end);
  const lines = whole.split('\n');
  return lines.length <= MOST_LINES ? whole : `${lines[0]} …`;
}

const TAGS: Readonly<Record<string, string>> = {
  param: 'parameter',
  returns: 'gives',
  throws: 'throws',
  see: 'see',
};

/** A docstring as Markdown: its tags as a list, its links as code. */
function docLines(doc: string): readonly string[] {
  const lines = doc
    .replace(/^\/\*\*\s?|\s*\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').replace(/\{@link ([^}]+)\}/g, '`$1`'));
  return lines.flatMap((line, index) => {
    const [, tag = '', name = '', rest = ''] =
      /^@(\w+) (?:(?<=param )(\w+) )?(.*)$/.exec(line) ?? [];
    const word = TAGS[tag];
    if (word === undefined) return [line];
    const isFirst = !/^@/.test(lines[index - 1] ?? '');
    const item = `- ${word}${name === '' ? '' : ` \`${name}\``}: ${rest}`;
    return isFirst && lines[index - 1] !== '' ? ['', item] : [item];
  });
}
