import { realpath } from 'node:fs/promises';
import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type ErofsLayout, erofsFlatRuns, readErofs } from '../formats/erofs.ts';
import type { Reaper } from '../host/reaper.ts';
import { runTool } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** A file system in a file. */
export type StoredFileSystem = {
  /** The file that it lies in; named by its path. */
  readonly source: ByteSource;
  readonly offset: number;
  readonly size: number;
};

/** What finds owners: tools, and what ends them. */
export type OwnerTools = { readonly tools: Tools; readonly reaper: Reaper };

/** More owners of one block are not named. */
const MOST_OWNERS = 16;
const DEADLINE_MS = 60_000;

/**
 * Lets fsck.erofs walk through all inodes, and prints the number of those whose compressed data touch
 * a range, then of those that are stored as they are, of which it does not tell where they lie.
 */
const WALK = `fsck.erofs -d9 --offset="$2" "$1" 2>&1 | awk -v start="$3" -v end="$4" '
/ verify data chunk of nid/ { split($0, part, /[()]/); nid = part[2]; if (part[4] % 2 == 0) print "flat", nid }
/ m_pa / { if ($6 < end && start < $6 + $10 && nid != last) { print "owner", nid; last = nid } }'`;

/**
 * Files of an erofs that have bytes in a range.
 *
 * @param start first byte of the range, from the start of the file system
 * @param length size of the range in bytes
 * @returns absolute paths, at most 16; `undefined` where the file system is no erofs
 * @throws FormatError where the file system is not sound
 * @throws InfraError where a tool fails; EnvironmentError where there is none
 */
export async function erofsOwners(
  { source, offset, size }: StoredFileSystem,
  { start, length }: { readonly start: number; readonly length: number },
  run: OwnerTools,
): Promise<readonly string[] | undefined> {
  const volume = sliceSource(source, offset, size, 'file system');
  const layout = readErofs(volume);
  if (layout === undefined) return undefined;
  const image = { path: await realpath(source.name), offset };
  const range = { start, end: start + length };
  const nids = await ownersOf(volume, layout, image, range, run);
  return Promise.all(nids.slice(0, MOST_OWNERS).map((nid) => pathOf(nid, image, run)));
}

type Image = { readonly path: string; readonly offset: number };
type Range = { readonly start: number; readonly end: number };

async function ownersOf(
  volume: ByteSource,
  layout: ErofsLayout,
  { path, offset }: Image,
  { start, end }: Range,
  run: OwnerTools,
): Promise<readonly number[]> {
  const text = await output('sh', ['-c', WALK, 'sh', path, offset, start, end], path, run);
  const inodes = text
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, nid]) => nid !== undefined && /^[0-9]{1,15}$/.test(nid))
    .map(([kind, nid]) => ({ kind, nid: Number(nid) }));
  const isTouched = (nid: number) =>
    erofsFlatRuns(volume, layout, nid).some(
      (run) => run.offset < end && start < run.offset + run.length,
    );
  const touched = inodes.filter(({ kind, nid }) => kind === 'owner' || isTouched(nid));
  return [...new Set(touched.map(({ nid }) => nid))];
}

async function pathOf(nid: number, { path, offset }: Image, run: OwnerTools): Promise<string> {
  const text = await output('dump.erofs', [`--offset=${offset}`, `--nid=${nid}`, path], path, run);
  return /^Path : (.*)$/m.exec(text)?.[1] ?? `inode ${nid}`;
}

function output(
  tool: string,
  toolArguments: readonly (string | number)[],
  path: string,
  { tools, reaper }: OwnerTools,
): Promise<string> {
  const command = toolCommand(tools, tool, toolArguments.map(String), { readable: [path] });
  return runTool(command, { reaper, deadlineMs: DEADLINE_MS });
}
