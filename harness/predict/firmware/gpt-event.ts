import type { Gpt } from '../../formats/gpt.ts';
import { GPT_HEADER_BYTES, gptHeaderCrc } from '../../formats/gpt-header.ts';
import { isUsedEntry } from '../../formats/gpt-partition.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import type { Forecast } from '../prediction.ts';
import { firmwareEvent } from './firmware-events.ts';

/** Offsets of fields in a GPT header, in bytes. */
const CRC_OFFSET = 16;
const OWN_LBA_OFFSET = 24;
const ALTERNATE_LBA_OFFSET = 32;
const ENTRIES_LBA_OFFSET = 72;

/** Where the firmware puts the entries of a table that it restores in front. */
const RESTORED_ENTRIES_LBA = 2n;

/**
 * Forecasts the measurement of the partition table of the disk that the first image is loaded from.
 *
 * @param forecast which banks
 * @param gpt the disk's partition table
 * @see TCG PC Client PFP 1.06, 3.3.4.6
 */
export function gptEvent({ banks }: Forecast, gpt: Gpt): ExpectedEvent {
  const names = gpt.partitions.map(({ number, name }) => name || `number ${number}`);
  const description = `partition table of disk ${gpt.header.diskGuid}: ${names.join(', ')}`;
  const event = { pcr: 5, type: 'EV_EFI_GPT_EVENT', description };
  return firmwareEvent(banks, event, gptEventData(gpt));
}

/**
 * UEFI_GPT_DATA: 92 bytes of the header, the number of entries in use as a little-endian 64-bit
 * integer, and these entries in the order of the table.
 *
 * @param gpt the disk's partition table; of a disk with a broken primary table the firmware measures
 *   the header that it restores from the backup
 * @see TCG PC Client PFP 1.06, 10.2.5; edk2, SecurityPkg/Library/DxeTpm2MeasureBootLib
 */
export function gptEventData(gpt: Gpt): Uint8Array {
  const used = gpt.entries.filter(isUsedEntry);
  const count = new DataView(new ArrayBuffer(8));
  count.setBigUint64(0, BigInt(used.length), true);
  const header = gpt.table === 'primary' ? gpt.header.bytes : restoredHeader(gpt);
  return Buffer.concat([header, new Uint8Array(count.buffer), ...used]);
}

/**
 * The primary header as the firmware writes it from a backup.
 *
 * @see edk2, MdeModulePkg/Library/GptLib/Gpt.c (PartitionRestoreGptTable)
 */
function restoredHeader({ header }: Gpt): Uint8Array {
  const restored = new Uint8Array(header.headerBytes);
  restored.set(header.bytes);
  const view = new DataView(restored.buffer);
  view.setBigUint64(OWN_LBA_OFFSET, BigInt(header.alternateLba), true);
  view.setBigUint64(ALTERNATE_LBA_OFFSET, BigInt(header.lba), true);
  view.setBigUint64(ENTRIES_LBA_OFFSET, RESTORED_ENTRIES_LBA, true);
  view.setUint32(CRC_OFFSET, gptHeaderCrc(restored), true);
  return restored.subarray(0, GPT_HEADER_BYTES);
}
