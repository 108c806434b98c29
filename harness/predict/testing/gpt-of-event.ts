/**
 * A disk whose partition table gives a recorded EV_EFI_GPT_EVENT: header and entries of the event in
 * their place, empty entries between. That the header's checksums then fit says that nothing is made up.
 *
 * @param data UEFI_GPT_DATA: header, number of entries, entries
 */
export function diskOf(data: Uint8Array): Uint8Array {
  const header = Buffer.from(data.subarray(0, 92));
  const firstUsable = Number(header.readBigUInt64LE(40));
  const disk = new Uint8Array(firstUsable * 512);
  disk.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], 446);
  disk.set(header, 512);
  disk.set(data.subarray(100), Number(header.readBigUInt64LE(72)) * 512);
  return disk;
}
