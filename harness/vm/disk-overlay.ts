import { dirname } from 'node:path';
import type { Reaper } from '../host/reaper.ts';
import type { RunDirectory } from '../host/run-directory.ts';
import { runTool } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';

/** How long qemu-img may take; only to flatten an overlay are there bytes to copy. */
const DEADLINE_MS = 20_000;

/** What overlays are made with. */
export type OverlayContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly signal?: AbortSignal | undefined;
};

/** The image that lies below all others. */
export type LowestImage = {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
};

/** An overlay to make. */
export type Overlay = {
  /** Absolute path of the image that lies below. */
  readonly base: string;
  /** The image's format: never probed, as a raw image's first bytes are the guest's. */
  readonly format: 'raw' | 'qcow2';
  /** Absolute path of the file to make. */
  readonly overlay: string;
  /** The image that `base` lies upon itself, whatever `base` says of its place. */
  readonly below?: LowestImage;
};

/**
 * Makes an overlay on a machine's disk, in the directory of a run that its writes go with.
 *
 * @param machine with absolute paths
 * @returns path of the overlay; `undefined` where the machine has no disk
 * @throws InfraError where qemu-img fails
 */
export async function overlayOnDisk(
  { boot }: Machine,
  directory: RunDirectory,
  context: OverlayContext,
): Promise<string | undefined> {
  if (boot.kind !== 'disk') return undefined;
  const { path: base, format } = boot;
  const overlay = directory.file('disk.qcow2');
  await createOverlay({ base, format, overlay }, directory.path, context);
  return overlay;
}

/**
 * Makes a qcow2 overlay, so that a VM's writes never reach the image.
 *
 * @param directory absolute path of the directory that the overlay is made in
 * @throws InfraError where qemu-img fails
 */
export async function createOverlay(
  { base, format, overlay, below }: Overlay,
  directory: string,
  context: OverlayContext,
): Promise<void> {
  const backing = below === undefined ? base : chainOf(base, format, below);
  const args = ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', format, overlay];
  const readable = [base, ...(below === undefined ? [] : [below.path])];
  await qemuImg(args, { readable, directory }, context);
}

/**
 * Writes what an overlay shows to a raw image.
 *
 * @param base absolute path of the image that lies below
 * @param disk absolute path of the image to be made
 * @throws InfraError where qemu-img fails
 */
export async function flattenOverlay(
  {
    base,
    overlay,
    disk,
  }: { readonly base: string; readonly overlay: string; readonly disk: string },
  context: OverlayContext,
): Promise<void> {
  const args = ['convert', '-q', '-f', 'qcow2', '-O', 'raw', overlay, disk];
  await qemuImg(args, { readable: [base, overlay], directory: dirname(disk) }, context);
}

/** Both images in QEMU's words: the upper one was made where the lower one may not be any more. */
function chainOf(base: string, format: string, below: LowestImage): string {
  const upper = { driver: format, file: fileOf(base) };
  const backing = { driver: below.format, file: fileOf(below.path) };
  return `json:${JSON.stringify({ ...upper, backing })}`;
}

function fileOf(filename: string) {
  return { driver: 'file', filename };
}

/**
 * Lays an overlay over an image of which QEMU fails to read a sector, with EIO.
 *
 * @param overlay absolute path of a qcow2 overlay over the same image, which is changed
 * @param sector of 512 bytes, counted from the start of the image
 * @param directory absolute path of the directory that the overlay lies in
 * @throws InfraError where qemu-img fails
 * @see QEMU docs/devel/blkdebug.rst
 */
export async function failSector(
  overlay: string,
  { path, format }: LowestImage,
  sector: number,
  directory: string,
  context: OverlayContext,
): Promise<void> {
  const rule = { event: 'none', iotype: 'read', errno: EIO, sector };
  const file = { driver: 'blkdebug', image: fileOf(path), 'inject-error': [rule] };
  const backing = `json:${JSON.stringify({ driver: format, file })}`;
  const args = ['rebase', '-q', '-u', '-f', 'qcow2', '-F', format, '-b', backing, overlay];
  await qemuImg(args, { readable: [path], directory }, context);
}

const EIO = 5;

async function qemuImg(
  args: readonly string[],
  access: { readonly readable: readonly string[]; readonly directory: string },
  { tools, reaper, signal }: OverlayContext,
): Promise<void> {
  const run = { reaper, signal, deadlineMs: DEADLINE_MS };
  await runTool(toolCommand(tools, 'qemu-img', args, access), run);
}
