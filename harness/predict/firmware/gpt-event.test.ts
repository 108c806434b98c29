import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { readGpt } from '../../formats/gpt.ts';
import { FIXTURES_MISSING } from '../../formats/testing/fixtures.ts';
import { fixHeaderCrc, makeGptDisk } from '../../formats/testing/make-gpt.ts';
import { diskOf } from '../testing/gpt-of-event.ts';
import { recordedBoot } from '../testing/recorded-boot.ts';
import { gptEvent, gptEventData } from './gpt-event.ts';

function read(disk: Uint8Array) {
  return readGpt(bytesSource('disk.raw', disk));
}

const partitions = [
  { first: 40, last: 50, name: 'esp' },
  { first: 60, last: 59, name: 'broken' },
  { first: 70, last: 70 },
];

describe('the measurement of a partition table', () => {
  const disk = makeGptDisk({ partitions });

  it('is header, count and entries in use, sound or not', () => {
    const data = gptEventData(read(disk));
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(3n);
    const expected = Buffer.concat([
      disk.subarray(512, 512 + 92),
      count,
      disk.subarray(1024, 1024 + 3 * 128),
    ]);
    expect(Buffer.from(data).equals(expected)).toBe(true);
  });

  it('is hashed whole', () => {
    const gpt = read(disk);
    expect(gptEvent({ banks: ['sha256'] }, gpt)).toEqual({
      pcr: 5,
      type: 'EV_EFI_GPT_EVENT',
      digests: { sha256: createHash('sha256').update(gptEventData(gpt)).digest('hex') },
      description: 'partition table of disk 11111111-2222-3333-4444-555555555555: esp, number 3',
      agent: 'firmware',
      data: Buffer.from(gptEventData(gpt)).toString('hex'),
    });
  });

  it('is of the primary table that the firmware restores from the backup', () => {
    const damaged = Uint8Array.from(disk);
    damaged[512 + 60] = 0x5a;
    expect(gptEventData(read(damaged))).toEqual(gptEventData(read(disk)));
  });

  it('is of a restored header whatever its size', () => {
    const large = Uint8Array.from(disk);
    for (const header of [512, large.length - 512]) {
      const view = new DataView(large.buffer);
      view.setUint32(header + 12, 100, true);
      fixHeaderCrc(large, header, 100);
    }
    const damaged = Uint8Array.from(large);
    damaged[512 + 60] = 0x5a;
    expect(gptEventData(read(damaged))).toEqual(gptEventData(read(large)));
  });
});

describe.skipIf(FIXTURES_MISSING)(
  `recorded measurements${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it('are what their disk gives', () => {
      const { events } = recordedBoot('ii-sbon');
      const recorded = events.find(({ type }) => type === 'EV_EFI_GPT_EVENT');
      const data = recorded?.data ?? new Uint8Array(0);
      expect(gptEventData(read(diskOf(data)))).toEqual(Buffer.from(data));
    });
  },
);
