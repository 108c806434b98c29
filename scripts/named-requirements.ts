import { Visitor } from 'oxc-parser';
import { parseSource } from './parse-source.ts';

/** A place in the suites that has to do with requirements. */
export type NamedRequirement = {
  readonly file: string;
  readonly line: number;
  /**
   * `definition`: the entry of the registry; `test`: a test answers it; `mention`: it is referred to
   * otherwise; `nameless`: a test that answers none.
   */
  readonly as: 'definition' | 'test' | 'mention' | 'nameless';
  /** The requirement; empty where the place is nameless. */
  readonly id: string;
};

/** Folder of the registry. */
const REGISTRY = 'suites/requirements/';

/** Ends the name of a file whose tests a run of the suites is made of. */
const SUITE = '.suite.ts';

/** The module whose functions declare tests of requirements, ids first. */
const DECLARES_TESTS = /\/conformance\.ts$/;

const ID = /^CVM-[A-Z]{2,4}-\d{3}$/;

/**
 * Every place of a file where a requirement is named, or should be.
 *
 * @param file path of the file, relative to the repository
 * @throws SyntaxError where the text is no TypeScript
 */
export function namedRequirements(file: string, text: string): readonly NamedRequirement[] {
  if (file.endsWith('.test.ts')) return [];
  const { program, lineOf } = parseSource(file, text);
  const declaring = new Set<string>();
  const named = new Map<number, NamedRequirement>();
  const add = (start: number, as: NamedRequirement['as'], id = '') => {
    if (!named.has(start)) named.set(start, { file, line: lineOf({ start }), as, id });
  };
  new Visitor({
    ImportDeclaration: ({ source, specifiers, start }) => {
      const names = specifiers.map(({ local }) => local.name);
      if (DECLARES_TESTS.test(source.value)) for (const name of names) declaring.add(name);
      if (file.endsWith(SUITE) && source.value === 'vitest') add(start, 'nameless');
    },
    CallExpression: ({ callee, arguments: [first], start }) => {
      if (callee.type !== 'Identifier' || !declaring.has(callee.name)) return;
      const places = first?.type === 'ArrayExpression' ? first.elements : [first];
      const ids = places.flatMap((place) => idOf(place) ?? []);
      for (const place of ids) add(place.start, 'test', place.id);
      if (ids.length === 0) add(start, 'nameless');
    },
    Property: ({ key, value }) => {
      const place = idOf(value);
      const isEntry = file.startsWith(REGISTRY) && key.type === 'Identifier' && key.name === 'id';
      if (isEntry && place !== undefined) add(place.start, 'definition', place.id);
    },
    Literal: (literal) => {
      const place = idOf(literal);
      if (place !== undefined) add(place.start, 'mention', place.id);
    },
  }).visit(program);
  return [...named.values()];
}

function idOf(node: unknown): { readonly id: string; readonly start: number } | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  if (!('type' in node && 'value' in node && 'start' in node)) return undefined;
  const { type, value, start } = node;
  if (type !== 'Literal' || typeof value !== 'string' || typeof start !== 'number')
    return undefined;
  return ID.test(value) ? { id: value, start } : undefined;
}

/**
 * Where registry and tests do not go together.
 *
 * @param registry ids of all requirements
 * @param named every place that names one
 * @returns one line for each problem
 */
export function requirementProblems(
  registry: readonly string[],
  named: readonly NamedRequirement[],
): readonly string[] {
  const known = new Set(registry);
  const tested = new Set(named.filter(({ as }) => as === 'test').map(({ id }) => id));
  return [
    ...registry
      .filter((id, index) => registry.indexOf(id) !== index)
      .map((id) => `${REGISTRY}index.ts: ${id} stands there twice`),
    ...[...known].filter((id) => !tested.has(id)).map((id) => `${REGISTRY}: no test names ${id}`),
    ...named.flatMap((place) => problemOf(place, known) ?? []),
  ];
}

function problemOf(place: NamedRequirement, known: ReadonlySet<string>): string | undefined {
  const { file, line, as, id } = place;
  if (as === 'nameless') return `${file}:${line}: a test of a suite names its requirement first`;
  if (known.has(id)) return undefined;
  if (as === 'definition') return `${file}:${line}: ${id} is not in ${REGISTRY}index.ts`;
  return `${file}:${line}: there is no requirement ${id}`;
}
