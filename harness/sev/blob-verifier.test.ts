import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { predictKernelLoad, verifyBlob } from './blob-verifier.ts';

const AREA = 0x400;
const hash = (text: string) => createHash('sha256').update(text).digest();
const hex = (text: string) => hash(text).toString('hex');

const TABLE = '9438d606-4f22-4cc9-b479-a793d411fd21';
const ENTRIES = {
  cmdline: '97d02dd8-bd20-4c94-aa78-e7714d36ab2a',
  initrd: '44baf731-3a2f-4bd7-9af1-41e29169781d',
  kernel: '4de79437-abd2-427f-b835-d5b172d2045b',
};

function entry(guid: string, data: Uint8Array, length = 18 + data.length): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16LE(length);
  return Buffer.concat([guidBytes(guid), size, data]);
}

/** Memory of the area with a table of these entries. */
function memory(entries: readonly Buffer[], length?: number, guid = TABLE): Buffer {
  const area = Buffer.alloc(AREA);
  entry(guid, Buffer.concat(entries), length).copy(area);
  return area;
}

const cmdline = entry(ENTRIES.cmdline, hash('c'));
const initrd = entry(ENTRIES.initrd, hash('i'));
const kernel = entry(ENTRIES.kernel, hash('k'));
const ALL = [cmdline, initrd, kernel];
const BLOBS = {
  kernel: hex('k'),
  initrd: hex('i'),
  cmdline: hex('c'),
  hasKernel: true,
  hasShim: false,
};
const BOOTED = { kind: 'booted', program: 'kernel', unverified: [] };

describe('the blob verifier of edk2 since 202408', () => {
  it.each([
    ["in QEMU's order", memory(ALL)],
    ['in another order', memory([kernel, cmdline, initrd])],
    [
      'with another entry behind the first of a blob',
      memory([...ALL, entry(ENTRIES.kernel, hash('x'))]),
    ],
    ['with an entry that nobody asks for', memory([entry(TABLE, hash('x')), ...ALL])],
  ])('boots what a table lists %s', (_, table) => {
    expect(predictKernelLoad(table, BLOBS)).toEqual(BOOTED);
  });

  it.each([
    ['kernel', { ...BLOBS, kernel: hex('x') }],
    ['initrd', { ...BLOBS, initrd: hex('') }],
    ['cmdline', { ...BLOBS, cmdline: hex('\0') }],
  ])('stops at another %s', (at, blobs) => {
    expect(predictKernelLoad(memory(ALL), blobs)).toEqual({ kind: 'stopped', at });
  });

  it.each([
    ['is not there', Buffer.alloc(AREA)],
    ['has another GUID', memory(ALL, undefined, ENTRIES.kernel)],
    ['is shorter than its header', memory(ALL, 17)],
    ['has no entries', memory(ALL, 18)],
    ['is longer than its area', memory(ALL, AREA + 1)],
    ['has no room', Buffer.alloc(17)],
  ])('passes the kernel over where a table %s', (_, table) => {
    expect(predictKernelLoad(table, BLOBS)).toEqual({ kind: 'passed over', at: 'kernel' });
  });

  it.each([
    ['has 31 bytes', [entry(ENTRIES.kernel, hash('k').subarray(1))]],
    ['has 33 bytes', [entry(ENTRIES.kernel, Buffer.concat([hash('k'), Buffer.alloc(1)]))]],
    ['has a length less than its header', [entry(ENTRIES.kernel, hash('k'), 3)]],
    ['has no length', [entry(ENTRIES.kernel, hash('k'), 0)]],
  ])('passes the kernel over where its hash %s', (_, entries) => {
    expect(verifyBlob(memory([...entries, cmdline, initrd]), 'kernel', hex('k'))).toBe('denied');
  });

  it.each([
    ['kernel', [cmdline, initrd]],
    ['initrd', [cmdline, kernel]],
    ['cmdline', [kernel, initrd]],
  ])('boots a %s that the table does not list', (name, entries) => {
    const blobs = { ...BLOBS, [name]: hex('anything') };
    expect(predictKernelLoad(memory(entries), blobs)).toEqual({ ...BOOTED, unverified: [name] });
  });

  it('takes an entry that the table cuts off for one that it does not have', () => {
    expect(predictKernelLoad(memory(ALL, 18 + 149), BLOBS)).toEqual({
      ...BOOTED,
      unverified: ['kernel'],
    });
  });

  it('never ends behind an entry of length 0, and does not get there where it finds the blob before', () => {
    const nothing = Buffer.alloc(18);
    expect(predictKernelLoad(memory([nothing, ...ALL]), BLOBS)).toEqual({
      kind: 'endless',
      at: 'kernel',
    });
    expect(predictKernelLoad(memory([...ALL, nothing]), BLOBS)).toEqual(BOOTED);
  });

  it('starts a shim unasked', () => {
    expect(predictKernelLoad(memory(ALL), { ...BLOBS, hasShim: true })).toEqual({
      kind: 'booted',
      program: 'shim',
      unverified: ['shim'],
    });
  });

  it('has nothing to boot without a kernel, though none is listed', () => {
    const none = { ...BLOBS, kernel: hex(''), hasKernel: false };
    const table = memory([cmdline, initrd, entry(ENTRIES.kernel, hash(''))]);
    expect(predictKernelLoad(table, none)).toEqual({ kind: 'passed over', at: undefined });
  });

  it('says something of any memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: AREA }), fc.boolean(), (bytes, isTable) => {
        const area = Buffer.from(bytes);
        if (isTable) area.set(guidBytes(TABLE).subarray(0, area.length));
        expect(['denied', 'unlisted', 'endless', 'stopped']).toContain(
          verifyBlob(area, 'kernel', hex('k')),
        );
      }),
    );
  });
});
