import type { Machine } from '../machine/machine.ts';
import { loaded } from './qemu-arguments.ts';
import { storeInFlash } from './variable-store.ts';

/**
 * How the variables of a run are kept: in a file that can be rewound, or in flash alone, with no file behind
 * it. OVMF writes flash byte by byte (edk2, OvmfPkg, QemuFlash.c), and QEMU a sector of the file for each.
 */
export type KeptStore = 'for rewinding' | 'in memory';

/** What QEMU is told of a store. */
export type StoreArguments = {
  /** Turns the usual argument for the drive into that for the store, and leaves all others. */
  readonly drive: (usual: string) => string;
  /** What has to be added. */
  readonly others: readonly string[];
};

/**
 * QEMU's arguments for a variable store.
 *
 * @param machine with absolute paths
 * @param vars path of the store: a qcow2 image for rewinding, else a raw one
 */
export async function keptStore(
  machine: Machine,
  { vars, kept }: { readonly vars: string; readonly kept: KeptStore },
): Promise<StoreArguments> {
  const file = vars.replaceAll(',', ',,');
  const isStore = (usual: string) =>
    usual.startsWith('if=pflash,unit=1,') && usual.endsWith(`file=${file}`);
  const insteadOf = (drive: string) => (usual: string) => (isStore(usual) ? drive : usual);
  if (kept === 'for rewinding') {
    return { drive: insteadOf(`if=pflash,unit=1,format=qcow2,file=${file}`), others: [] };
  }
  const { address, size } = await storeInFlash(machine);
  return {
    drive: insteadOf(`if=pflash,unit=1,driver=null-co,size=${size},read-zeroes=on`),
    others: loaded(vars, address),
  };
}
