import {
  type Function as FunctionNode,
  type ParamPattern,
  type Program,
  Visitor,
} from 'oxc-parser';
import { docstringOf } from './docstring-of.ts';
import { parseSource } from './parse-source.ts';

/** Something that others may call. */
type Callable = {
  readonly name: string;
  readonly start: number;
  readonly node: FunctionNode;
};

/** An error that a function makes and throws. */
type Thrown = {
  readonly error: string;
  /** Where the function begins that throws it. */
  readonly by: number;
};

/** Errors of whoever wrote the call, not of what it was given. */
const MISUSE = ['TypeError', 'RangeError'];

/**
 * What docstrings of a file leave out or make up: an exported function without one, an error that a function
 * or public method throws itself and does not name, a parameter that is not there.
 *
 * @param file path of the file, for messages
 * @returns one line for each problem
 * @throws SyntaxError where the text is no TypeScript
 */
export function docstringProblems(file: string, text: string): readonly string[] {
  const { program, lineOf } = parseSource(file, text);
  const thrown = thrownIn(program);
  return callablesOf(program).flatMap((callable) => {
    const docstring = docstringOf(text, callable.start);
    const problems = problemsOf(callable, docstring, thrown);
    return problems.map((problem) => `${file}:${lineOf(callable)}: ${callable.name} ${problem}`);
  });
}

function callablesOf(program: Program): readonly Callable[] {
  return program.body.flatMap((statement): readonly Callable[] => {
    if (statement.type !== 'ExportNamedDeclaration') return [];
    const { declaration, start } = statement;
    if (declaration?.type === 'FunctionDeclaration') {
      return [{ name: declaration.id?.name ?? '', start, node: declaration }];
    }
    if (declaration?.type !== 'ClassDeclaration') return [];
    return declaration.body.body.flatMap((member) =>
      member.type === 'MethodDefinition' && member.key.type === 'Identifier'
        ? [{ name: member.key.name, start: member.start, node: member.value }]
        : [],
    );
  });
}

function problemsOf(
  { node }: Callable,
  docstring: string,
  thrown: readonly Thrown[],
): readonly string[] {
  // What a method is for, the interface of its class may say.
  if (docstring === '' && node.type === 'FunctionDeclaration') return ['has no docstring'];
  const own = new Set(thrown.filter(({ by }) => by === node.start).map(({ error }) => error));
  const silent = [...own].filter((error) => !docstring.includes(error));
  return [
    ...silent.map((error) => `throws ${error}, of which its docstring says nothing`),
    ...madeUp(docstring, node.params).map((name) => `has no parameter ${name}`),
  ];
}

/** Every error that is made where it is thrown, by the innermost function around it. */
function thrownIn(program: Program): readonly Thrown[] {
  const around: number[] = [];
  const thrown: Thrown[] = [];
  const enter = ({ start }: { readonly start: number }) => void around.push(start);
  const leave = () => void around.pop();
  new Visitor({
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
    ThrowStatement: ({ argument }) => {
      if (argument.type !== 'NewExpression' || argument.callee.type !== 'Identifier') return;
      const { name: error } = argument.callee;
      if (!MISUSE.includes(error)) thrown.push({ error, by: around.at(-1) ?? -1 });
    },
  }).visit(program);
  return thrown;
}

/** What a docstring calls a parameter and is none; where one is taken apart, its parts have names of their own. */
function madeUp(docstring: string, params: readonly ParamPattern[]): readonly string[] {
  const names = params.map((param) => {
    const bound = param.type === 'AssignmentPattern' ? param.left : param;
    return bound.type === 'Identifier' ? bound.name : undefined;
  });
  if (names.includes(undefined)) return [];
  const told = [...docstring.matchAll(/@param (\w+)/g)].map(([, name = '']) => name);
  return told.filter((name) => !names.includes(name));
}
