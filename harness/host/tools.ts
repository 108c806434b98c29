import { isAbsolute } from 'node:path';
import { UsageError } from './errors.ts';

/**
 * Where QEMU, swtpm and the other tools come from: the toolbox (a Debian root file system that
 * `scripts/setup` makes) or the host's `PATH`.
 */
export type Tools = { readonly kind: 'toolbox'; readonly root: string } | { readonly kind: 'host' };

/** Which of the host's files a tool is given. */
export type FileAccess = {
  /** Absolute paths of files and directories that it reads. */
  readonly readable?: readonly string[];
  /** Absolute paths of files and directories that it writes to. */
  readonly writable?: readonly string[];
  /** Absolute path of the directory it runs in, and keeps its temporary files in. */
  readonly directory?: string;
  /** Whether it resolves names of the network. */
  readonly network?: boolean;
  /** Whether it must be root, be it of a user namespace with the user's subordinate ids. */
  readonly asRoot?: boolean;
};

/** A program with its arguments, ready to be started. */
export type Command = {
  /** The program, whatever it is wrapped in. */
  readonly tool: string;
  /** What is executed, and all of its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Where it is started; the harness's own directory where there is none. */
  readonly directory: string | undefined;
  /** What is added to the harness's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether a death by signal N is reported as exit code 128 + N. */
  readonly signalAsExitCode: boolean;
};

/**
 * The command that runs a tool, in the toolbox or from the host's `PATH`.
 *
 * In the toolbox bubblewrap shows the tool the toolbox's `/usr` and `/etc`, read-only, the host's
 * devices, and the given files at the paths they have on the host; nothing else. User namespaces
 * do for users who are not root. The tool dies with bubblewrap, and bubblewrap with the harness.
 *
 * @param tool name of the program
 * @param toolArguments its arguments
 * @param access which files it needs
 * @throws UsageError where a file lies where the toolbox has its own
 */
export function toolCommand(
  tools: Tools,
  tool: string,
  toolArguments: readonly string[],
  access: FileAccess = {},
): Command {
  const { directory } = access;
  const environment = environmentIn(directory);
  if (tools.kind === 'host') {
    const argv = [tool, ...toolArguments] as const;
    return { tool, argv, directory, environment, signalAsExitCode: false };
  }
  const view = bubblewrap(tools.root, access, environment);
  const bwrap = ['bwrap', ...view, '--', tool, ...toolArguments] as const;
  const argv = needsNamespace(access) ? ([...AS_NAMESPACE_ROOT, ...bwrap] as const) : bwrap;
  return { tool, argv, directory: undefined, environment: {}, signalAsExitCode: true };
}

const AS_NAMESPACE_ROOT = ['unshare', '--map-root-user', '--map-auto', '--'] as const;

function needsNamespace({ asRoot = false }: FileAccess): boolean {
  return asRoot && process.getuid?.() !== 0;
}

/** Settings of the host must not reach a tool's output, nor its temporary files the host. */
function environmentIn(directory: string | undefined): Readonly<Record<string, string>> {
  const fixed = { LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  return directory === undefined ? fixed : { ...fixed, TMPDIR: directory };
}

const RESOLVER = '/etc/resolv.conf';

/** Directories of the toolbox, and the links to them that a Debian root has. */
const TOOLBOX_DIRECTORIES = ['usr', 'etc'];
const TOOLBOX_LINKS = { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib', lib64: 'usr/lib64' };

/** Top directories that a file of the host cannot be shown in. */
const TAKEN = new Set([...TOOLBOX_DIRECTORIES, ...Object.keys(TOOLBOX_LINKS), 'proc', 'sys']);

function bubblewrap(
  root: string,
  access: FileAccess,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const variables = { PATH: '/usr/sbin:/usr/bin', HOME: '/tmp', ...environment };
  return [
    ...TOOLBOX_DIRECTORIES.flatMap((name) => ['--ro-bind', `${root}/${name}`, `/${name}`]),
    ...Object.entries(TOOLBOX_LINKS).flatMap(([link, to]) => ['--symlink', to, `/${link}`]),
    ...['--dev-bind', '/dev', '/dev', '--proc', '/proc', '--ro-bind', '/sys', '/sys'],
    ...['--tmpfs', '/tmp', '--tmpfs', '/run'],
    ...(access.network === true ? ['--ro-bind', RESOLVER, RESOLVER] : []),
    ...binds(access),
    ...['--die-with-parent', '--clearenv'],
    ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
    ...(access.directory === undefined ? [] : ['--chdir', access.directory]),
  ];
}

/** One bind a path: writable where it is asked for, parents before their children. */
function binds(access: FileAccess): readonly string[] {
  const modes = new Map<string, string>();
  for (const path of access.readable ?? []) modes.set(path, '--ro-bind');
  for (const path of access.writable ?? []) modes.set(path, '--bind');
  if (access.directory !== undefined) modes.set(access.directory, '--bind');
  return [...modes]
    .filter(([path]) => !path.startsWith('/dev/'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, mode]) => [mode, checked(path), path]);
}

function checked(path: string): string {
  if (!isAbsolute(path)) throw new UsageError(`${path}: not an absolute path`);
  const top = path.split('/')[1] ?? '';
  if (!TAKEN.has(top)) return path;
  throw new UsageError(
    `${path}: cannot be shown to tools of the toolbox, which has a /${top} of its own; ` +
      'copy it elsewhere, or use --tools host',
  );
}
