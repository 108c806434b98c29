import { HASHES_GUIDS, HEADER_BYTES } from '../../harness/sev/hashes-table.ts';
import { type KernelHashesCases, LINUX, PROGRAM } from './case.ts';
import { entriesOf, entry, table } from './tables.ts';

const BOOTS = { requirement: 'CVM-KH-001', wanted: 'booted' } as const;
const NO_TABLE = {
  requirement: 'CVM-KH-005',
  wanted: 'refused',
  given: PROGRAM,
  twin: 'good',
} as const;
const NO_HASH = {
  requirement: 'CVM-KH-006',
  wanted: 'refused',
  given: PROGRAM,
  twin: 'good',
} as const;
const ENDLESS = {
  requirement: 'CVM-KH-007',
  wanted: 'refused',
  given: PROGRAM,
  twin: 'good',
} as const;
const UNLISTED = { requirement: 'CVM-KH-009', wanted: 'refused', twin: 'good' } as const;

const nothing = Buffer.alloc(HEADER_BYTES);

/** Tables that QEMU does not make, and a host can. */
export const TABLE_CASES: KernelHashesCases = {
  'other-order': {
    ...BOOTS,
    what: 'the entries in another order',
    given: PROGRAM,
    table: (hashes) => table(entriesOf(hashes, ['kernel', 'cmdline', 'initrd'])),
  },
  'more-room': {
    ...BOOTS,
    what: 'a table that goes on behind its entries',
    given: PROGRAM,
    table: (hashes) => table(entriesOf(hashes), { length: 0x400 }),
  },
  'endless-behind': {
    ...BOOTS,
    what: 'an entry of length 0 behind all others',
    given: PROGRAM,
    table: (hashes) => table([...entriesOf(hashes), nothing]),
  },
  'good-first': {
    ...BOOTS,
    requirement: 'CVM-KH-008',
    what: 'a second entry for the kernel, with another hash',
    given: PROGRAM,
    table: (hashes) => table([...entriesOf(hashes), entry('kernel', hashes.initrd)]),
  },

  'table-absent': { ...NO_TABLE, what: 'no table', table: null },
  'table-guid': {
    ...NO_TABLE,
    what: 'a table with another GUID',
    table: (hashes) => table(entriesOf(hashes), { guid: HASHES_GUIDS.kernel }),
  },
  'table-short': {
    ...NO_TABLE,
    what: 'a table whose length is less than its header',
    table: (hashes) => table(entriesOf(hashes), { length: HEADER_BYTES - 1 }),
  },
  'table-empty': {
    ...NO_TABLE,
    what: 'a table whose length is that of its header',
    table: (hashes) => table(entriesOf(hashes), { length: HEADER_BYTES }),
  },
  'table-long': {
    ...NO_TABLE,
    what: 'a table longer than its area',
    table: (hashes) => table(entriesOf(hashes), { length: 0x401 }),
  },

  'hash-31': {
    ...NO_HASH,
    what: 'a hash of 31 bytes',
    table: ({ kernel, ...hashes }) =>
      table([
        entry('kernel', kernel.subarray(0, 31)),
        ...entriesOf({ kernel, ...hashes }, ['cmdline', 'initrd']),
      ]),
  },
  'hash-33': {
    ...NO_HASH,
    what: 'a hash of 33 bytes',
    table: (hashes) =>
      table([
        entry('kernel', Buffer.concat([hashes.kernel, Buffer.alloc(1)])),
        ...entriesOf(hashes, ['cmdline', 'initrd']),
      ]),
  },
  'hash-none': {
    ...NO_HASH,
    what: 'an entry for the kernel of length 0',
    table: (hashes) =>
      table([entry('kernel', hashes.kernel, 0), ...entriesOf(hashes, ['cmdline', 'initrd'])]),
  },

  'entry-endless': {
    ...ENDLESS,
    what: 'an entry of length 0 before all others',
    table: (hashes) => table([nothing, ...entriesOf(hashes)]),
  },
  'table-cut': {
    ...ENDLESS,
    what: 'a table of which memory has the first entry alone',
    table: (hashes) => table(entriesOf(hashes), {}).subarray(0, HEADER_BYTES + 50),
  },

  'bad-first': {
    requirement: 'CVM-KH-008',
    wanted: 'refused',
    twin: 'good-first',
    what: 'a first entry for the kernel with another hash',
    given: PROGRAM,
    table: (hashes) => table([entry('kernel', hashes.initrd), ...entriesOf(hashes)]),
  },

  'kernel-unlisted': {
    ...UNLISTED,
    what: 'a kernel without entry',
    given: { ...PROGRAM, kernel: 'other' },
    listed: PROGRAM,
    table: (hashes) => table(entriesOf(hashes, ['cmdline', 'initrd'])),
  },
  'kernel-cut-off': {
    ...UNLISTED,
    what: 'a kernel whose entry the table’s length cuts off',
    given: { ...PROGRAM, kernel: 'other' },
    listed: PROGRAM,
    table: (hashes) => table(entriesOf(hashes), { length: HEADER_BYTES + 149 }),
  },
  'initrd-unlisted': {
    ...UNLISTED,
    twin: 'linux',
    what: 'an initrd without entry',
    given: { ...LINUX, initrd: 'other-initrd' },
    listed: LINUX,
    table: (hashes) => table(entriesOf(hashes, ['cmdline', 'kernel'])),
  },
  'cmdline-unlisted': {
    ...UNLISTED,
    what: 'a command line without entry',
    given: { ...PROGRAM, cmdline: 'init=/bin/sh' },
    listed: PROGRAM,
    table: (hashes) => table(entriesOf(hashes, ['initrd', 'kernel'])),
  },

  shim: {
    requirement: 'CVM-KH-011',
    wanted: 'refused',
    twin: 'good',
    what: 'a shim that no table can list',
    given: { ...PROGRAM, shim: 'other' },
  },
};
