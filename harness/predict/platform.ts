/**
 * What a machine measures that stands in none of its files: what QEMU makes of the machine's
 * description, and what only the running firmware shows. A part that is absent leaves its PCR unknown.
 */
export type Platform = {
  /**
   * QEMU's fw_cfg files by name, with the bytes that the firmware reads after it has set up PCI. They
   * were made by QEMU without any instruction of a guest: what follows from them is computed.
   */
  readonly fwCfg?: ReadonlyMap<string, Uint8Array>;
  /** What was taken from the memory of a firmware that ran without a disk: learned, not computed. */
  readonly firmwareMemory?: FirmwareMemory;
};

/** Parts of the memory of a firmware that has reached its boot manager. */
export type FirmwareMemory = {
  /** The volume with the PEI modules, as they left it. */
  readonly peiVolume: Uint8Array;
};

/** A machine of which nothing is known but its files. */
export const FILES_ALONE: Platform = {};
