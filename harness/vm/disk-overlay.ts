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
  /** Absolute paths of the images that `base` lies upon itself. */
  readonly below?: readonly string[];
};

/**
 * Makes a qcow2 overlay, so that a VM's writes never reach the image.
 *
 * @param directory absolute path of the directory that the overlay is made in
 */
export async function createOverlay(
  { base, format, overlay, below = [] }: Overlay,
  directory: string,
  tools: Tools,
  run: ToolRun,
): Promise<void> {
  const args = ['create', '-q', '-f', 'qcow2', '-b', base, '-F', format, overlay];
  await runTool(
    toolCommand(tools, 'qemu-img', args, { readable: [base, ...below], directory }),
    run,
  );
}
