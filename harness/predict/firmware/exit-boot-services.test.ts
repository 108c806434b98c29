import { describe, expect, it } from 'vitest';
import { guidBytes } from '../../bytes/guid.ts';
import { bytesSource } from '../../bytes/source.ts';
import { FIXTURES_MISSING } from '../../formats/testing/fixtures.ts';
import { makeVolume } from '../../formats/testing/make-firmware.ts';
import { measuredPart, RECORDED_BANKS, recordedBoot } from '../testing/recorded-boot.ts';
import { exitBootServicesEvents, flushesFatVolumes } from './exit-boot-services.ts';

const FAT = '961578fe-b6b7-44c3-af35-6bc705cd2b1f';
const EVENT = guidBytes('8be0e274-3970-4b44-80c5-1ab9502f3bfc');

function flushes(...files: readonly { name: string; content: Uint8Array }[]) {
  return flushesFatVolumes({ dxeVolume: bytesSource('DXE', makeVolume({ files })) });
}

describe('the FAT driver', () => {
  it('changes the memory map at the last moment where it knows the event', () => {
    expect(flushes({ name: FAT, content: EVENT })).toBe(true);
    expect(flushes({ name: FAT, content: new Uint8Array(16) })).toBe(false);
  });

  it('is not any driver that knows the event', () => {
    const other = '11111111-2222-3333-4444-555555555555';
    expect(flushes({ name: other, content: EVENT })).toBe(false);
  });
});

describe.skipIf(FIXTURES_MISSING)(
  `the boots of the fixtures${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it.each(['i-sboff-nocreds', 'ii-sbon', 'iv-shim'])(
      '%s left the firmware at the second try',
      (name) => {
        const recorded = recordedBoot(name).events.filter(
          ({ pcr, type }) => pcr === 5 && type === 'EV_EFI_ACTION',
        );
        const events = exitBootServicesEvents({ banks: RECORDED_BANKS }, true);
        expect(events.map(measuredPart)).toEqual(recorded.map(measuredPart));
        const atOnce = exitBootServicesEvents({ banks: RECORDED_BANKS }, false);
        expect(atOnce.map(measuredPart)).toEqual(recorded.slice(2).map(measuredPart));
      },
    );
  },
);
