/** What would tell that a byte was changed. */
export type Mechanism =
  /** The measurement of an SEV guest that the processor signs, before anything of it runs. */
  | 'launch digest'
  /** Another value of a PCR than the forecast one. */
  | `PCR ${number}`
  /** The firmware, or shim, refuses the image. */
  | 'Secure Boot signature'
  /** The firmware finds nothing to boot there any more. */
  | 'firmware refuses'
  /** Linux or its initrd finds no root file system any more. */
  | 'Linux refuses'
  /** The kernel answers the read with an I/O error. */
  | 'dm-verity';

/** The earliest time at which a change is told. */
export type DetectionTime = 'before boot' | 'at boot' | 'on read' | 'never';

/** What protects a range of bytes. */
export type Protection = {
  /** Each of them alone would tell of any change; none where a change stays unnoticed. */
  readonly detectedBy: readonly Mechanism[];
  /**
   * The sentence, without a full stop, that says which changes stay without consequence all the same;
   * absent where there are none.
   */
  readonly partly?: string;
  /** Whether the bytes say where other bytes are: a change can move more than what is named here. */
  readonly steers?: true;
};

/** Bytes of a file with one meaning and one protection. */
export type Region = Protection & {
  /** First byte, and the first one behind the region: offsets in bytes from the start of the file. */
  readonly start: number;
  readonly end: number;
  /** What the bytes are. */
  readonly what: string;
  /** Path of the file on the EFI system partition that they belong to. */
  readonly file?: string;
  /** Whether the guest may use what is there though nothing tells of a change. */
  readonly mayBeUsed?: true;
  /** Whether it is code that runs before anything is measured: a change may be the end of the boot. */
  readonly executed?: true;
  /** Whether the firmware writes what is there anew at the next boot after a change, and goes on. */
  readonly rewritten?: true;
};

/** Nothing tells of a change. */
export const UNPROTECTED: Protection = { detectedBy: [] };

/**
 * The earliest time at which one of some mechanisms tells of a change.
 *
 * @param mechanisms what protects the bytes
 */
export function detectionTime(mechanisms: readonly Mechanism[]): DetectionTime {
  if (mechanisms.length === 0) return 'never';
  if (mechanisms.includes('launch digest')) return 'before boot';
  return mechanisms.every((one) => one === 'dm-verity') ? 'on read' : 'at boot';
}
