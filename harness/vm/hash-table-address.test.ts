import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { Machine } from '../machine/machine.ts';
import { hashTableAddress } from './hash-table-address.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cvm-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** A firmware image whose footer has one entry (edk2, OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm). */
async function firmwareWith(guid: string, data: Uint8Array): Promise<string> {
  const size = (bytes: number) => {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(bytes);
    return length;
  };
  const entry = Buffer.concat([data, size(data.length + 18), guidBytes(guid)]);
  const end = guidBytes('96b582de-1fb2-45f7-baea-a366c55a082d');
  const path = join(directory, `${data.length}-${guid}.fd`);
  const image = [Buffer.alloc(64), entry, size(entry.length + 18), end, Buffer.alloc(32)];
  await writeFile(path, Buffer.concat(image));
  return path;
}

function machineWith(image: string, hashesTable?: string): Machine {
  const boot = { kind: 'kernel', kernel: '/k', hashesTable };
  return Machine.parse({ name: 'x', firmware: { kind: 'bios', image }, boot });
}

const AREA = '7255371f-3a3b-4b04-927b-1da6efa8d454';

describe('the place of the table of kernel hashes', () => {
  it('is the one that the firmware names', async () => {
    const area = Buffer.from('000c810000040000', 'hex');
    const firmware = await firmwareWith(AREA, area);
    expect(await hashTableAddress(machineWith(firmware, '/table'))).toBe(0x810c00);
    expect(await hashTableAddress(machineWith(firmware))).toBeUndefined();
  });

  it.each([
    [AREA, Buffer.alloc(8), 'an area without address or size'],
    ['4c2eb361-7d9b-4cc3-8081-127c90d3d294', Buffer.alloc(8), 'no such entry'],
  ])('is missed in a firmware with %s', async (guid, data, found) => {
    const firmware = await firmwareWith(guid, data);
    await expect(hashTableAddress(machineWith(firmware, '/table'))).rejects.toThrow(found);
  });
});
