import { expect, test } from 'vitest';
import { importsOf } from './imports-of.ts';

test('every kind of import is found, with its line', () => {
  const text = `import type { A } from './a.ts';
import './b.ts';
export * from './c.ts';
export { d } from './d.ts';
import e from './e.json' with { type: 'json' };
const f = await import('./f.ts');
type G = import('./g.ts').G;
export const h = 1;
`;
  expect(importsOf('x.ts', text)).toEqual([
    { specifier: './a.ts', line: 1 },
    { specifier: './b.ts', line: 2 },
    { specifier: './c.ts', line: 3 },
    { specifier: './d.ts', line: 4 },
    { specifier: './e.json', line: 5 },
    { specifier: './f.ts', line: 6 },
    { specifier: './g.ts', line: 7 },
  ]);
});

test('what only looks like an import is none', () => {
  const text = `// import './a.ts';
const b = "import './b.ts'";
const c = \`import './c.ts'\`;
`;
  expect(importsOf('x.ts', text)).toEqual([]);
});

test('an import that only a run would tell is refused, as is what is no TypeScript', () => {
  expect(() => importsOf('x.ts', '\nimport(name);')).toThrow(
    new SyntaxError('x.ts:2: imports something other than a literal'),
  );
  expect(() => importsOf('x.ts', 'import {')).toThrow(SyntaxError);
  expect(importsOf('suites/side-by-side.ts', 'import(name);')).toEqual([]);
});
