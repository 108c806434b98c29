import { Visitor } from 'oxc-parser';
import { parseSource } from './parse-source.ts';
import type { Import } from './rooms.ts';

type Node = { readonly type: string; readonly start: number };

/** Files that import what they are told to at run time: files of suites, which lint reads by themselves. */
const LOADERS: readonly string[] = ['suites/side-by-side.ts'];

/**
 * Every import of a TypeScript file: of values and of types, static and dynamic, and re-exports.
 *
 * @param file name of the file, for errors
 * @throws SyntaxError where the text is no TypeScript, or imports what only a run would tell
 */
export function importsOf(file: string, text: string): readonly Import[] {
  const { program, lineOf } = parseSource(file, text);
  const imports: Import[] = [];
  const add = (source: Node | null) => {
    if (source === null) return;
    const line = lineOf(source);
    if (!('value' in source) || typeof source.value !== 'string') {
      if (LOADERS.includes(file)) return;
      throw new SyntaxError(`${file}:${line}: imports something other than a literal`);
    }
    imports.push({ specifier: source.value, line });
  };
  new Visitor({
    ImportDeclaration: ({ source }) => add(source),
    ExportNamedDeclaration: ({ source }) => add(source),
    ExportAllDeclaration: ({ source }) => add(source),
    ImportExpression: ({ source }) => add(source),
    TSImportType: ({ source }) => add(source),
  }).visit(program);
  return imports;
}
