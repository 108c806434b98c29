/** The rooms of the project: what each may import. Arrows run downwards only. */

type Room = {
  /** Other rooms that it may import. */
  readonly rooms: readonly string[];
  /** A pure room takes bytes and gives values: no process, clock, network, file or environment. */
  readonly pure?: true;
};

const HARNESS: Readonly<Record<string, Room>> = {
  bytes: { pure: true, rooms: [] },
  formats: { pure: true, rooms: ['bytes'] },
  measure: { pure: true, rooms: ['bytes'] },
  machine: { pure: true, rooms: ['bytes'] },
  predict: { pure: true, rooms: ['bytes', 'machine', 'formats', 'measure'] },
  sev: { pure: true, rooms: ['bytes', 'formats'] },
  verity: { pure: true, rooms: ['bytes'] },
  tpm: { pure: true, rooms: ['bytes', 'measure'] },
  evidence: { pure: true, rooms: ['bytes', 'measure'] },
  coverage: {
    pure: true,
    rooms: ['bytes', 'formats', 'measure', 'machine', 'predict', 'sev', 'verity'],
  },
  // Words for a difference need the readers of what is booted, which neither measure nor judge may import.
  explain: { pure: true, rooms: ['bytes', 'formats', 'measure'] },
  judge: {
    pure: true,
    rooms: ['bytes', 'predict', 'measure', 'explain', 'sev', 'verity', 'tpm', 'evidence'],
  },
  reference: { pure: true, rooms: ['bytes', 'measure', 'predict'] },
  host: { rooms: ['bytes'] },
  vm: { rooms: ['bytes', 'host', 'machine', 'formats', 'predict', 'tpm'] },
  images: { rooms: ['bytes', 'formats', 'host', 'machine'] },
  guest: { rooms: ['bytes', 'host', 'machine', 'vm', 'evidence'] },
  report: { rooms: ['bytes', 'measure', 'judge'] },
};

const EVERYTHING_BELOW = Object.keys(HARNESS).map((name) => `harness/${name}`);

/** Every room by the folder, or file, that it is: the most specific one above a file is its room. */
export const ROOMS: Readonly<Record<string, Room>> = {
  ...Object.fromEntries(
    Object.entries(HARNESS).map(([name, { rooms, ...room }]): [string, Room] => [
      `harness/${name}`,
      { ...room, rooms: rooms.map((one) => `harness/${one}`) },
    ]),
  ),
  'harness/index.ts': { rooms: EVERYTHING_BELOW }, // the library's entry
  'harness/index.test.ts': { rooms: [...EVERYTHING_BELOW, 'harness/index.ts'] },
  suites: { rooms: EVERYTHING_BELOW },
  'harness/cli': { rooms: [...EVERYTHING_BELOW, 'suites'] },
  scripts: { rooms: [...EVERYTHING_BELOW, 'harness/cli', 'suites'] },
};

/** What a pure room may import besides rooms; none of it acts on the world. */
const PURE_MODULES: readonly string[] = ['node:buffer', 'node:crypto', 'node:zlib', 'zod', 'cborg'];

/** Modules that have one place, or none. */
const PLACES: Readonly<Record<string, { readonly only: string | null; readonly why: string }>> = {
  zx: { only: 'scripts', why: 'zx is for scripts/ only' },
  'node:child_process': { only: null, why: 'execa runs every child process' },
  child_process: { only: null, why: 'execa runs every child process' },
};

/** One import of a file. */
export type Import = {
  /** As it is written. */
  readonly specifier: string;
  readonly line: number;
};

/**
 * What is wrong with the imports of a file.
 *
 * @param file path of the file, relative to the repository
 * @returns one line for each violation
 */
export function violationsOf(file: string, imports: readonly Import[]): readonly string[] {
  const room = roomOf(file);
  if (room === undefined) return [`${file}: lies in no room; add its folder to scripts/rooms.ts`];
  return imports.flatMap(({ specifier, line }) => {
    const problem = specifier.startsWith('.')
      ? wrongFile(file, room, specifier)
      : wrongModule(file, room, specifier);
    return problem === undefined ? [] : [`${file}:${line}: ${problem}`];
  });
}

function wrongFile(file: string, room: string, specifier: string): string | undefined {
  const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
  if (target.endsWith('.json')) return undefined; // data does nothing
  if (isForTests(target) && !isForTests(file)) return `${target} is for tests only`;
  const other = roomOf(target);
  if (other === room || (other && ROOMS[room]?.rooms.includes(other))) return undefined;
  return `${room} may not import ${other ?? target} (${specifier})`;
}

function wrongModule(file: string, room: string, specifier: string): string | undefined {
  const name = packageOf(specifier);
  const place = PLACES[name];
  if (place !== undefined && place.only !== room) return place.why;
  const allowed = ROOMS[room]?.pure !== true || isForTests(file) || PURE_MODULES.includes(name);
  return allowed ? undefined : `${room} is pure and may not import ${specifier}`;
}

function roomOf(file: string): string | undefined {
  const parts = file.split('/');
  return parts
    .map((_, index) => parts.slice(0, parts.length - index).join('/'))
    .find((place) => ROOMS[place] !== undefined);
}

/** Tests, fuzzing and benchmarks among them, and what only tests use, may read files and start processes. */
function isForTests(file: string): boolean {
  return /\.test\.ts$|(?:^|\/)testing\/|^scripts\/(?:fuzz|bench)[./]/.test(file);
}

/** `@scope/name` of `@scope/name/part`; a module of Node.js stays whole. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
