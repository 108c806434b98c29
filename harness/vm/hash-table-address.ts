import { FormatError } from '../bytes/format-error.ts';
import { FOOTER_GUIDS, readOvmfFooter } from '../formats/ovmf-footer.ts';
import { readOvmfSev } from '../formats/ovmf-sev.ts';
import { openSource } from '../host/file-source.ts';
import type { Machine } from '../machine/machine.ts';
import { filesOfFirmware } from './machine-files.ts';

/**
 * Where in guest memory the firmware looks for the table of kernel hashes that a machine is given. A
 * launch of SEV puts it there; under emulation QEMU's loader device does.
 *
 * @returns guest physical address; `undefined` where the machine is given no table
 * @throws FormatError where the firmware has no place for one
 */
export async function hashTableAddress(machine: Machine): Promise<number | undefined> {
  if (machine.boot.kind !== 'kernel' || machine.boot.hashesTable === undefined) return undefined;
  const [path = ''] = filesOfFirmware(machine.firmware);
  using source = await openSource(path);
  const footer = readOvmfFooter(source);
  const area = readOvmfSev(source, footer).hashTable;
  if (area !== undefined) return area.base;
  const guid = FOOTER_GUIDS.sevHashTable;
  const entry = footer.find((one) => one.guid === guid);
  throw new FormatError({
    file: path,
    offset: entry?.offset ?? source.size,
    expected: `an area for the table of kernel hashes, footer entry ${guid}`,
    found: entry === undefined ? 'no such entry' : 'an area without address or size',
  });
}
