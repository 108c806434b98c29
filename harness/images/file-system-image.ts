import { resolve } from 'node:path';
import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { Reaper } from '../host/reaper.ts';
import { runTool } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

const DEADLINE_MS = 60_000;

/** More owners of one block are not named. */
export const MOST_OWNERS = 16;

/** A file system in a file. */
export type StoredFileSystem = {
  /** The file that it lies in; named by its path. */
  readonly source: ByteSource;
  readonly offset: number;
  readonly size: number;
};

/** A range of a file system: its first byte, and the first behind it. */
export type ByteRange = { readonly start: number; readonly end: number };

/** A file system that tools can be asked about. */
export type FileSystemImage = {
  /** The file system alone. */
  readonly volume: ByteSource;
  /** Absolute path of the file that it lies in, and its place there in bytes. */
  readonly path: string;
  readonly offset: number;
  /** What a tool writes to its standard output. */
  readonly ask: (tool: string, toolArguments: readonly (string | number)[]) => Promise<string>;
};

/**
 * Makes a file system known to tools.
 *
 * @throws FormatError where the file ends before the file system does
 */
export function openFileSystem(
  { source, offset, size }: StoredFileSystem,
  tools: Tools,
  reaper: Reaper,
): FileSystemImage {
  const volume = sliceSource(source, offset, size, 'file system');
  const path = resolve(source.name);
  const ask: FileSystemImage['ask'] = (tool, toolArguments) =>
    runTool(toolCommand(tools, tool, toolArguments.map(String), { readable: [path] }), {
      reaper,
      deadlineMs: DEADLINE_MS,
    });
  return { volume, path, offset, ask };
}
