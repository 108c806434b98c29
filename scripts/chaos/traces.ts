import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { everyPid, readProcess } from '../../harness/host/process-table.ts';
import { openSnapshot } from '../../harness/vm/snapshot.ts';

/** The one snapshot that a harness keeps. */
export const SNAPSHOT_KEY = 'c0'.repeat(32);

/** A process whose command line or environment names a directory. */
export type Process = { readonly pid: number; readonly program: string; readonly line: string };

/** The living processes that have to do with a directory. */
export function processesOf(directory: string): readonly Process[] {
  return everyPid().flatMap((pid) => {
    const [argv, environment] = [readProcess(pid, 'cmdline'), readProcess(pid, 'environ')];
    if (argv === undefined || environment === undefined) return [];
    if (!argv.includes(directory) && !environment.includes(directory)) return [];
    if (argv === '') return []; // a zombie, or one that is just ending
    const words = argv.split('\0');
    return [{ pid, program: basename(words[0] ?? ''), line: words.join(' ') }];
  });
}

/**
 * What is left of a harness below its directory, and of the host's things that name it: processes, files
 * and sockets in its directory for temporary files, mounts, loop devices, files that nobody finished.
 *
 * @param mounts how many mounts below the directory are the test's own
 * @returns a line for each
 */
export function tracesOf(directory: string, mounts: number): readonly string[] {
  const mounted = linesWith('/proc/self/mounts', directory);
  return [
    ...processesOf(directory).map(({ pid, line }) => `process ${pid}: ${line.slice(0, 200)}`),
    ...below(join(directory, 'run')).map((name) => `in the directory for temporary files: ${name}`),
    ...['logs', 'cache'].flatMap((place) =>
      below(join(directory, place))
        .filter((name) => /\.(?:partial|dropped)(?:\/|$)/.test(name))
        .map((name) => `unfinished: ${place}/${name}`),
    ),
    ...(mounted.length > mounts ? mounted.map((line) => `mount: ${line}`) : []),
    ...loopDevices()
      .filter((file) => file.includes(directory))
      .map((file) => `loop device of ${file}`),
  ];
}

/**
 * What cannot be used of that which a harness has kept.
 *
 * @returns a line for each
 */
export async function damageOf(directory: string): Promise<readonly string[]> {
  const snapshots = await readdir(join(directory, 'cache', 'snapshots')).catch(() => []);
  const opened = await Promise.all(
    snapshots.map((name) =>
      openSnapshot(join(directory, 'cache', 'snapshots', name)).then(() => [], problemOf),
    ),
  );
  const documents = [
    join(directory, 'cache', 'calibration-tcg.json'),
    join(directory, 'logs', 'result.json'),
    join(directory, 'logs', 'qemu-arguments.json'),
  ];
  return [...opened, ...(await Promise.all(documents.map(parsed)))].flat();
}

async function parsed(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  try {
    if (text !== undefined) JSON.parse(text);
    return [];
  } catch {
    return [`${file} is no JSON document`];
  }
}

function problemOf(error: unknown): readonly string[] {
  return [error instanceof Error ? error.message : String(error)];
}

function below(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    return []; // it ends just now, or was never made
  }
}

function loopDevices(): readonly string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => linesWith(`/sys/block/${name}/loop/backing_file`, ''));
}

function linesWith(file: string, word: string): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.filter((line) => line !== '' && line.includes(word));
  } catch {
    return [];
  }
}
