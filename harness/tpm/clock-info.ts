import type { Cursor } from '../bytes/cursor.ts';

/** TPMS_CLOCK_INFO (Part 2, 10.11.1). */
export type ClockInfo = {
  /** Milliseconds that the TPM was powered. */
  readonly clock: bigint;
  readonly resetCount: number;
  readonly restartCount: number;
  /** Whether no larger value of the clock was reported before. */
  readonly safe: boolean;
};

/** @throws FormatError where it ends too early, or `safe` is neither NO nor YES */
export function readClockInfo(cursor: Cursor): ClockInfo {
  const clock = cursor.u64('clock');
  const resetCount = cursor.u32('resetCount');
  const restartCount = cursor.u32('restartCount');
  return { clock, resetCount, restartCount, safe: readYesNo(cursor, 'safe') };
}

/**
 * A TPMI_YES_NO (Part 2, 9.2).
 *
 * @throws FormatError where it is neither, or the bytes end before
 */
export function readYesNo(cursor: Cursor, what: string): boolean {
  const start = cursor.offset;
  const value = cursor.u8(what);
  if (value > 1) throw cursor.errorAt(start, `${what} of 0 or 1`, `${value}`);
  return value === 1;
}
