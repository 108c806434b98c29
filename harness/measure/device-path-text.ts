/**
 * How a device path reads, e.g. `PciRoot(0x0)/Pci(0x3,0x0)`. The caller brings it, for the reader of
 * device paths lives among the formats; it may throw a FormatError.
 */
export type DevicePathText = (bytes: Uint8Array) => string;
