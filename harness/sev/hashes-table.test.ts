import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import {
  type DirectBoot,
  HASHES_TABLE_BYTES,
  hashKernel,
  makeHashesTable,
} from './hashes-table.ts';

const table = (boot: DirectBoot<string>) => {
  const source = (text: string) => bytesSource(text, Buffer.from(text));
  const { kernel, initrd, cmdline } = boot;
  const hashes = hashKernel({
    kernel: source(kernel),
    initrd: initrd === undefined ? undefined : source(initrd),
    cmdline,
  });
  return toHex(makeHashesTable(hashes));
};

describe('the table of kernel hashes', () => {
  // Both tables as virtee/sev-snp-measure 8f2b337e makes them.
  it('has command line, initrd and kernel, and padding', () => {
    expect(table({ kernel: 'kernel', initrd: 'initrd', cmdline: 'quiet' })).toBe(
      '06d63894224fc94cb479a793d411fd21a800d82dd09720bd944caa78e7714d36ab2a3200c801d8e83dec6220b30fe179a8aabec923c8977255530ecc7dc23b95a6959bbc31f7ba442f3ad74b9af141e29169781d320009e6c018d2c8c4903308613dd1b72484d57eadf12ec50ddc8f52e5accce470f23794e74dd2ab7f42b835d5b172d2045b32006923dd1bc0460082c5d55a831908c24a282860b7f1cd6c2b79cf1bc8857c639c0000000000000000',
    );
  });

  it('has the hashes of nothing where there is no initrd and no command line', () => {
    expect(table({ kernel: 'kernel' })).toBe(
      '06d63894224fc94cb479a793d411fd21a800d82dd09720bd944caa78e7714d36ab2a32006e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d31f7ba442f3ad74b9af141e29169781d3200e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8553794e74dd2ab7f42b835d5b172d2045b32006923dd1bc0460082c5d55a831908c24a282860b7f1cd6c2b79cf1bc8857c639c0000000000000000',
    );
    expect(table({ kernel: 'kernel', initrd: '', cmdline: '' })).toBe(table({ kernel: 'kernel' }));
  });

  it('has a size that is known beforehand', () => {
    expect(table({ kernel: '' })).toHaveLength(HASHES_TABLE_BYTES * 2);
  });
});
