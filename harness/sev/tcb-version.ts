/** Bytes of a TCB_VERSION. */
export const TCB_BYTES = 8;

/** Security patch levels of what a report's trust rests on; FMC only where the product has one. */
export type TcbVersion = {
  readonly fmc?: number;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
};

export type TcbPart = keyof TcbVersion;

/** Which byte holds which part (AMD 56860, SEV-SNP Firmware ABI, 2.2, TCB_VERSION). */
export type TcbLayout = 'milan' | 'turin';

const LAYOUTS: Readonly<Record<TcbLayout, readonly (readonly [TcbPart, number])[]>> = {
  milan: [
    ['bootloader', 0],
    ['tee', 1],
    ['snp', 6],
    ['microcode', 7],
  ],
  turin: [
    ['fmc', 0],
    ['bootloader', 1],
    ['tee', 2],
    ['snp', 3],
    ['microcode', 7],
  ],
};

/**
 * Reads a TCB_VERSION.
 *
 * @param bytes 8 bytes as they stand in the report
 * @param layout Milan's is Genoa's as well
 */
export function readTcbVersion(bytes: Uint8Array, layout: TcbLayout): TcbVersion {
  const parts = LAYOUTS[layout].map(([part, at]) => [part, bytes[at] ?? 0]);
  return { bootloader: 0, tee: 0, snp: 0, microcode: 0, ...Object.fromEntries(parts) };
}

/** A TCB_VERSION as {@link readTcbVersion} reads it: reserved bytes are zero. */
export function encodeTcbVersion(tcb: TcbVersion, layout: TcbLayout): Uint8Array {
  const bytes = new Uint8Array(TCB_BYTES);
  for (const [part, at] of LAYOUTS[layout]) bytes[at] = tcb[part] ?? 0;
  return bytes;
}

/** The parts in which a TCB is not what it should be, e.g. `snp 8, not 9`. */
export function tcbDifferences(
  found: TcbVersion,
  wanted: Partial<TcbVersion>,
  holds: (found: number, wanted: number) => boolean,
): readonly string[] {
  return TCB_PARTS.flatMap((part) => {
    const want = wanted[part];
    if (want === undefined || holds(found[part] ?? -1, want)) return [];
    return [`${part} ${found[part] ?? 'absent'}, not ${want}`];
  });
}

/** Every part, in the order of the boot. */
export const TCB_PARTS: readonly TcbPart[] = ['fmc', 'bootloader', 'tee', 'snp', 'microcode'];
