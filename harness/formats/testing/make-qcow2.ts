/** Fields of a header (QEMU, docs/interop/qcow2.rst). */
type Header = {
  readonly version?: number;
  readonly backing?: bigint;
  readonly size?: bigint;
  readonly incompatible?: bigint;
};

/** The header of a qcow2 image without data, 104 bytes. */
export function makeQcow2Header({
  version = 3,
  backing = 0n,
  size = 0n,
  incompatible = 0n,
}: Header): Uint8Array {
  const header = Buffer.alloc(104);
  header.write('QFI\xfb', 'latin1');
  header.writeUInt32BE(version, 4);
  header.writeBigUInt64BE(backing, 8);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(size, 24);
  header.writeBigUInt64BE(incompatible, 72);
  return header;
}
