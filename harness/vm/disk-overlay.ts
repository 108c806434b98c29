import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** An overlay to make. */
export type Overlay = {
  /** Absolute path of the image that lies below. */
  readonly base: string;
  /** The image's format: never probed, as a raw image's first bytes are the guest's. */
  readonly format: 'raw' | 'qcow2';
  /** Absolute path of the file to make. */
  readonly overlay: string;
  /** The image that `base` lies upon itself, whatever `base` says of its place. */
  readonly below?: { readonly path: string; readonly format: 'raw' | 'qcow2' };
};

/**
 * Makes a qcow2 overlay, so that a VM's writes never reach the image.
 *
 * @param directory absolute path of the directory that the overlay is made in
 */
export async function createOverlay(
  { base, format, overlay, below }: Overlay,
  directory: string,
  tools: Tools,
  run: ToolRun,
): Promise<void> {
  const backing = below === undefined ? base : chainOf(base, format, below);
  const args = ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', format, overlay];
  const readable = [base, ...(below === undefined ? [] : [below.path])];
  await runTool(toolCommand(tools, 'qemu-img', args, { readable, directory }), run);
}

/** Both images in QEMU's words: the upper one was made where the lower one may not be any more. */
function chainOf(base: string, format: string, below: NonNullable<Overlay['below']>): string {
  const node = (driver: string, filename: string) => ({
    driver,
    file: { driver: 'file', filename },
  });
  return `json:${JSON.stringify({ ...node(format, base), backing: node(below.format, below.path) })}`;
}
