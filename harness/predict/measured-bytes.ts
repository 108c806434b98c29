import { toHex } from '../bytes/hex.ts';
import { type Bank, digestsOf } from '../measure/bank.ts';
import type { ExpectedEvent } from '../measure/event.ts';

/**
 * Variables, command lines and partition tables are smaller, and QEMU's ACPI tables just as large
 * (hw/i386/acpi-build.c, ACPI_BUILD_TABLE_SIZE); code is not worth keeping.
 */
const MOST_BYTES = 128 << 10;

/**
 * Digests of what is measured and, where it is small, the bytes themselves: with them a difference
 * can be explained.
 *
 * @param banks which digests to compute
 * @param measured the bytes that are hashed; what comes in pieces is not kept
 */
export function measuredBytes(
  banks: readonly Bank[],
  measured: Uint8Array | Iterable<Uint8Array>,
): Pick<ExpectedEvent, 'digests' | 'data'> {
  const digests = digestsOf(banks, measured);
  const isSmall = measured instanceof Uint8Array && measured.length <= MOST_BYTES;
  return isSmall ? { digests, data: toHex(measured) } : { digests };
}
