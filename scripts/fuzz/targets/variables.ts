import { Cursor } from '../../../harness/bytes/cursor.ts';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { devicePathText, readDevicePath } from '../../../harness/formats/device-path.ts';
import { readEfiTime } from '../../../harness/formats/efi-time.ts';
import { readVariableStore } from '../../../harness/formats/efi-variable-store.ts';
import { readLoadOption } from '../../../harness/formats/load-option.ts';
import { readSignatureLists } from '../../../harness/formats/signature-list.ts';
import {
  interruptWrite,
  makeVariableStore,
} from '../../../harness/formats/testing/make-variable-store.ts';
import { signatureDatabaseText } from '../../../harness/predict/firmware/signature-database-text.ts';
import { readSignatureDatabases } from '../../../harness/predict/firmware/signature-databases.ts';
import { repairVariableStore } from '../repair-firmware.ts';
import type { FuzzTarget } from '../target.ts';
import { guids, hex, utf16 } from '../words.ts';

/** OVMF's stores have 128 KiB and 528 KiB. */
const STORE_BYTES = 128 << 10;

/** Network, hard drive, and two instances with a node that is not known (UEFI 2.11, 10.3). */
const PATHS: readonly Uint8Array[] = [
  [node(2, 1, 'd041030a00000000'), node(1, 1, '0001'), mac(), node(3, 12, '00'.repeat(23)), end()],
  [hardDrive(), node(4, 4, '5c004500460049000000'), end()],
  [node(3, 2, '01000200'), node(0x7f, 1), node(9, 9, 'ff'), end()],
].map((nodes) => Buffer.concat(nodes));

const LIST_TYPES = guids(
  'a5c059a1-94e4-4aa7-87b5-ab155c2bf072',
  'c1c41626-504c-4092-aca9-41f936934328',
  '3bd2a492-96c0-4079-b420-fcf98ef103ed',
);

/** Readers of variables and of what they hold. */
export const VARIABLE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'variable-store',
    covers: [
      'readVariableStore',
      'readVariableRecords',
      'findInterruptedWrite',
      'findVariable',
      'readSignatureDatabases',
    ],
    made: () => {
      const store = makeVariableStore([
        { name: 'db', data: signatureList(1, 2) },
        { name: 'dbx', data: signatureList(1, 1) },
      ]);
      const plain = makeVariableStore([{ name: 'Boot0000', state: 0x3e }, {}], false);
      return [store, plain, interruptWrite(store, plain, 0xfd)];
    },
    fixtures: ['vars/go-uefi-OVMF_VARS.fd'],
    maxBytes: STORE_BYTES,
    words: [hex('aa553f00')[0] ?? new Uint8Array(0), ...utf16('db', 'dbx')],
    repair: repairVariableStore,
    read: (bytes) => {
      const store = readVariableStore(bytesSource('store', bytes));
      return [store, readSignatureDatabases(store)];
    },
  },
  {
    name: 'signature-list',
    covers: ['readSignatureLists'],
    made: () => [
      signatureList(1, 2),
      Buffer.concat([signatureList(0, 1), signatureList(1, 3), signatureList(2, 1)]),
    ],
    fixtures: [
      'pcr/compute-pcrs/mok-fedora-42/MokListRT',
      'pcr/compute-pcrs/mok-fedora-42/MokListXRT',
    ],
    words: LIST_TYPES,
    read: (bytes) => {
      signatureDatabaseText(bytes);
      return readSignatureLists(new Cursor('list', bytes));
    },
  },
  {
    name: 'device-path',
    covers: ['readDevicePath'],
    made: () => PATHS,
    read: (bytes) => {
      const path = readDevicePath(new Cursor('path', bytes));
      return [path, devicePathText(path)];
    },
  },
  {
    name: 'load-option',
    covers: ['readLoadOption'],
    made: () => PATHS.map(loadOption),
    read: (bytes) => {
      const option = readLoadOption(new Cursor('option', bytes));
      return [option, option.paths.map(devicePathText)];
    },
  },
  {
    name: 'efi-time',
    covers: ['readEfiTime'],
    made: () => hex('da070306131115000000000000000000'),
    read: (bytes) => readEfiTime(new Cursor('time', bytes)),
  },
];

/** An EFI_SIGNATURE_LIST with signatures of its type (UEFI 2.11, 32.4.1). */
function signatureList(type: number, count: number): Uint8Array {
  const dataBytes = [700, 32, 48][type] ?? 32;
  const list = Buffer.alloc(28 + count * (16 + dataBytes), type);
  list.set(LIST_TYPES[type] ?? []);
  list.writeUInt32LE(list.length, 16);
  list.writeUInt32LE(0, 20);
  list.writeUInt32LE(16 + dataBytes, 24);
  return list;
}

function loadOption(path: Uint8Array): Uint8Array {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(1);
  head.writeUInt16LE(path.length, 4);
  return Buffer.concat([head, ...utf16('UEFI Misc Device'), path, Buffer.from('data')]);
}

function node(type: number, subType: number, data = ''): Uint8Array {
  const length = 4 + data.length / 2;
  return Buffer.concat([Uint8Array.of(type, subType, length & 0xff, length >> 8), ...hex(data)]);
}

function mac(): Uint8Array {
  return node(3, 11, `${'52'.repeat(32)}01`);
}

function hardDrive(): Uint8Array {
  return node(4, 1, `01000000${'0008000000000000'.repeat(2)}${'11'.repeat(16)}0202`);
}

function end(): Uint8Array {
  return node(0x7f, 0xff);
}
