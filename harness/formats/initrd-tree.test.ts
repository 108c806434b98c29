import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { findNode } from './file-tree.ts';
import { initrdTree } from './initrd-tree.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const FILE = 0o100644;
const FOLDER = 0o40755;
const LINK = 0o120777;

/** A member, as Linux's buffer-format.rst describes it. */
function member(path: string, mode: number, data = ''): string {
  const word = (value: number) => value.toString(16).padStart(8, '0');
  const fields = [1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, path.length + 1, 0];
  const filled = (text: string) => text + '\0'.repeat(-text.length & 3);
  return filled(`070701${fields.map(word).join('')}${path}\0`) + filled(data);
}

const archive = (...members: readonly string[]) =>
  Buffer.from([...members, member('TRAILER!!!', 0)].join(''));

const microcode = archive(member('kernel/x86/microcode/AuthenticAMD.bin', FILE, 'micro'));
const system = archive(
  member('.', FOLDER),
  member('etc', FOLDER),
  member('etc/a', FILE, 'old'),
  member('etc/b', LINK, 'a'),
  member('etc/a', FILE, 'new'),
  member('dev/null', 0o20666),
);

function text(initrd: Uint8Array, path: string) {
  const node = findNode(initrdTree(bytesSource('initrd', initrd)), path);
  if (node?.kind !== 'file' || 'unread' in node.content) return node?.kind;
  return Buffer.from(node.content.read(0, node.content.size)).toString();
}

describe('an initrd', () => {
  it.each([
    ['as it is', system],
    ['with gzip', gzipSync(system)],
    ['with zstd', zstdCompressSync(system)],
  ])('holds files %s', (_, packed) => {
    const initrd = Buffer.concat([microcode, Buffer.alloc(508), packed]);
    expect(text(initrd, '/etc/b')).toBe('new');
    expect(text(initrd, '/kernel/x86/microcode/AuthenticAMD.bin')).toBe('micro');
    expect(text(initrd, '/dev/null')).toBe('other');
    expect(text(initrd, '/etc')).toBe('folder');
    expect(text(initrd, '/none')).toBeUndefined();
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('may not unpack to far more than it is: %s', (name, pack) => {
    const bomb = pack(Buffer.alloc(32 << 20));
    const before = process.memoryUsage().external;
    expect(() => initrdTree(bytesSource('initrd', bomb))).toThrow(
      `found ${name}: Cannot create a Buffer larger than ${128 * bomb.length} bytes`,
    );
    expect(process.memoryUsage().external - before).toBeLessThan(16 << 20);
  });

  it('may be empty', () => {
    expect(text(new Uint8Array(0), '/etc')).toBeUndefined();
  });

  it.each([
    ['xz', Buffer.from('fd377a585a00', 'hex'), 'xz'],
    ['damaged zstd', zstdCompressSync(system).subarray(0, 40), 'zstd'],
    ['no archive', Buffer.from('rubbish'.repeat(20)), 'rubbis'],
    ['no trailer', Buffer.from(member('a', FILE)), '0 bytes'],
  ])('is not read with %s', (_, initrd, found) => {
    const error = { name: 'FormatError', found: expect.stringContaining(found) };
    expect(() => text(initrd, '/')).toThrow(expect.objectContaining(error));
  });

  it('that is damaged gives a FormatError, or other files', () => {
    fc.assert(
      fc.property(mutations(Buffer.concat([microcode, system])), (bytes) => {
        resultOrFormatError(() => text(bytes, '/etc/b'));
      }),
    );
  });
});
