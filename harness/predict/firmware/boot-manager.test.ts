import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { readGpt } from '../../formats/gpt.ts';
import { FIXTURES_MISSING } from '../../formats/testing/fixtures.ts';
import type { ExpectedEvent } from '../../measure/event.ts';
import { computed } from '../contribution.ts';
import { diskOf } from '../testing/gpt-of-event.ts';
import {
  asExpected,
  measuredPart,
  RECORDED_BANKS,
  recordedBoot,
} from '../testing/recorded-boot.ts';
import {
  bootAgainEvents,
  imageEvent,
  type LoadedImage,
  predictBootManager,
  readyToBootEvents,
} from './boot-manager.ts';
import { gptEvent } from './gpt-event.ts';

const SHA256 = { banks: ['sha256'] } as const;

// TCG logs of every UEFI machine have these.
const CALLING = '3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba';
const SEPARATOR = 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119';

function event(pcr: number, description: string): ExpectedEvent {
  return { pcr, type: 'EV', digests: {}, description, agent: 'firmware' };
}

function image(description: string, how: Partial<LoadedImage> = {}): LoadedImage {
  const authenticode = { sha256: '00' };
  return {
    kind: 'application',
    authenticode,
    description,
    authorities: [],
    fromGptDisk: true,
    ...how,
  };
}

describe('the firmware that is ready to boot', () => {
  it('says so in PCR 4 and closes PCR 0 to 6', () => {
    const events = readyToBootEvents(SHA256);
    expect(events.map(({ pcr, type, digests }) => [pcr, type, digests.sha256])).toEqual([
      [4, 'EV_EFI_ACTION', CALLING],
      ...[0, 1, 2, 3, 4, 5, 6].map((pcr) => [pcr, 'EV_SEPARATOR', SEPARATOR]),
    ]);
  });

  it('says in PCR 4 that an option came back', () => {
    const events = bootAgainEvents(SHA256);
    expect(events.map(({ pcr, digests }) => [pcr, digests.sha256?.slice(0, 8)])).toEqual([
      [4, '7044f063'],
      [4, '3d6772b4'],
    ]);
  });
});

describe('a boot', () => {
  const READY = ['BootOrder', 'Calling EFI Application from Boot Option'];
  const CLOSED = Array.from({ length: 7 }, () => 'end of the pre-OS measurements');
  const gpt = event(5, 'GPT');
  const configuration = {
    beforeSeparators: computed(event(1, 'BootOrder')),
    afterSeparators: computed(event(1, 'SMBIOS')),
  };
  const order = (path: Pick<Parameters<typeof predictBootManager>[1], 'boot' | 'images' | 'gpt'>) =>
    predictBootManager(SHA256, { ...path, configuration }).events.map(
      ({ description }) => description,
    );

  it('of a disk measures authority, partition table and images after the separators', () => {
    const images = [
      image('shim', { authorities: [event(7, 'db'), event(7, 'another')] }),
      image('kernel', { authorities: [event(7, 'db 2')] }),
    ];
    expect(order({ boot: 'disk', images, gpt })).toEqual([
      ...READY,
      ...CLOSED,
      'SMBIOS',
      'db',
      'another',
      'GPT',
      'shim',
      'db 2',
      'kernel',
    ]);
  });

  it('of a kernel that QEMU brings measures it before', () => {
    const images = [image('kernel', { fromGptDisk: false }), image('from disk')];
    expect(order({ boot: 'kernel', images, gpt })).toEqual([
      'kernel',
      ...READY,
      ...CLOSED,
      'SMBIOS',
      'GPT',
      'from disk',
    ]);
  });

  it('measures no partition table without a disk', () => {
    const images = [image('kernel', { fromGptDisk: false })];
    expect(order({ boot: 'kernel', images, gpt })).not.toContain('GPT');
    expect(order({ boot: 'disk', images: [image('a')] })).not.toContain('GPT');
  });
});

describe('an image', () => {
  it.each([
    ['application', 4, 'EV_EFI_BOOT_SERVICES_APPLICATION'],
    ['boot-services-driver', 2, 'EV_EFI_BOOT_SERVICES_DRIVER'],
    ['runtime-driver', 2, 'EV_EFI_RUNTIME_SERVICES_DRIVER'],
  ] as const)('that is a %s goes to PCR %i', (kind, pcr, type) => {
    expect(imageEvent(SHA256, image('x', { kind }))).toMatchObject({ pcr, type });
  });

  it('has the digests that are forecast, and no others', () => {
    const authenticode = { sha1: 'aa', sha256: 'bb' };
    expect(imageEvent(SHA256, image('x', { authenticode })).digests).toEqual({ sha256: 'bb' });
    expect(() => imageEvent({ banks: ['sha512'] }, image('x'))).toThrow(TypeError);
  });
});

describe.skipIf(FIXTURES_MISSING)(
  `boots that were recorded${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it.each(['i-sboff-nocreds', 'ii-sbon', 'iv-shim'])('went like the forecast of %s', (name) => {
      const { events } = recordedBoot(name);
      const start = events.findIndex(({ type }) => type === 'EV_EFI_VARIABLE_BOOT');
      const end = events.findIndex(({ type }) => type === 'EV_EFI_BOOT_SERVICES_APPLICATION') + 1;
      const observed = events.slice(start, end);
      const only = (type: string) => observed.filter((one) => one.type === type);
      const [loader] = only('EV_EFI_BOOT_SERVICES_APPLICATION');
      const [table] = only('EV_EFI_GPT_EVENT');
      const disk = bytesSource('disk', diskOf(table?.data ?? new Uint8Array(0)));
      const banks = RECORDED_BANKS;
      const { events: forecast } = predictBootManager(
        { banks },
        {
          boot: 'disk',
          images: [
            image('loader', {
              authenticode: loader?.digests ?? {},
              authorities: only('EV_EFI_VARIABLE_AUTHORITY').map(asExpected),
            }),
          ],
          gpt: gptEvent({ banks }, readGpt(disk)),
          configuration: {
            beforeSeparators: computed(...only('EV_EFI_VARIABLE_BOOT').map(asExpected)),
            afterSeparators: computed(...only('EV_EFI_HANDOFF_TABLES').map(asExpected)),
          },
        },
      );
      expect(forecast.map(measuredPart)).toEqual(observed.map(measuredPart));
    });
  },
);
