import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeUtf16 } from '../bytes/utf16.ts';
import type { MeasuredEvent } from '../measure/event.ts';
import { readEventLog } from '../measure/event-log.ts';
import { measuredEvents } from '../measure/measured-events.ts';
import { describeWithFixtures, fixtureSource } from '../measure/testing/fixtures.ts';
import { explainPcr } from './explain-pcr.ts';
import { fitInputs } from './fit-inputs.ts';

const PCRS = Array.from({ length: 16 }, (_, pcr) => pcr);

const LOGS = [
  'gotpm-rhel8-uefi.bin',
  'gotpm-ubuntu-2104-no-dbx.bin',
  'gotpm-debian-10.bin',
  'gotpm-arch-linux-workstation.bin',
  'tpm2tools-event-bootorder.bin',
  'tpm2tools-event-uefi-sha1-log.bin',
  'tcglogparser-binary_bios_measurements.bin',
  'trustee-CCEL_data_grub.bin',
];

function event(pcr: number, type: string, measured: Uint8Array | string): MeasuredEvent {
  const bytes = Buffer.from(measured);
  return {
    pcr,
    type,
    digests: { sha256: createHash('sha256').update(bytes).digest('hex') },
    description: typeof measured === 'string' ? measured : type,
    data: bytes.toString('hex'),
  };
}

const CALLING = event(4, 'EV_EFI_ACTION', 'Calling EFI Application from Boot Option');
const SEPARATOR = event(4, 'EV_SEPARATOR', Buffer.alloc(4));
const image = (name: string) => event(4, 'EV_EFI_BOOT_SERVICES_APPLICATION', name);
const given = (text: string) => event(12, 'EV_IPL', encodeUtf16(`${text}\0`));
const phases = (...words: readonly string[]) => words.map((word) => event(11, 'phase', word));

function fits(predicted: readonly MeasuredEvent[], observed: readonly MeasuredEvent[]) {
  return fitInputs(PCRS, { events: predicted }, { events: observed }).map(
    ({ input, sentence }) => `${input}: ${sentence}`,
  );
}

describe('the inputs that a log needs', () => {
  it('are none where the prediction fits', () => {
    const events = [CALLING, SEPARATOR, image('a'), given('ro'), ...phases('enter-initrd')];
    expect(fits(events, events)).toEqual([]);
  });

  it('are -kernel where the image is measured before the separators', () => {
    const [disk, kernel] = [
      [CALLING, SEPARATOR, image('a')],
      [image('a'), CALLING, SEPARATOR],
    ];
    expect(fits(disk, kernel)).toContain('machine: boot the image with -kernel, not from a disk');
    expect(fits(kernel, disk)).toContain('machine: boot from a disk, not with -kernel');
  });

  it('are another image', () => {
    const digest = createHash('sha256').update('b').digest('hex');
    expect(fits([SEPARATOR, image('a')], [SEPARATOR, image('b')])).toEqual([
      `boot image: start b with the Authenticode digest sha256 ${digest}`,
    ]);
  });

  it('are a command line that was given, or none', () => {
    expect(fits([given('ro')], [given('ro debug')])).toEqual([
      'command line: give the command line: ro debug',
    ]);
    expect(fits([], [given('ro')])).toEqual(['command line: give the command line: ro']);
    expect(fits([given('ro')], [])).toEqual([
      'command line: give the UKI no command line of its own',
    ]);
  });

  it('are phases', () => {
    const booted = phases('enter-initrd', 'leave-initrd', 'sysinit', 'ready');
    expect(fits(booted, booted.slice(0, 2))).toEqual([
      "phases: the PCRs were read after leave-initrd, before sysinit: --phase 'enter-initrd:leave-initrd'",
    ]);
    expect(fits(booted, [])).toEqual([
      "phases: the PCRs were read before enter-initrd, or the log is the firmware's alone: --phase ''",
    ]);
    expect(fits(booted.slice(0, 1), booted.slice(0, 2))).toEqual([
      "phases: systemd went on: --phase 'enter-initrd:leave-initrd'",
    ]);
    expect(fits(booted, [...booted.slice(0, 3), ...phases('shutdown')])).toEqual([
      "phases: systemd went through other phases: --phase 'enter-initrd:leave-initrd:sysinit:shutdown'",
    ]);
  });
});

describeWithFixtures('logs of real machines', () => {
  const side = (name: string) => ({
    events: measuredEvents(readEventLog(fixtureSource(`eventlogs/${name}`)), () => ''),
  });

  it.each(LOGS)('%s can be held against all others in bounded time', (name) => {
    for (const other of LOGS) {
      const [a, b] = [side(name), side(other)];
      const start = performance.now();
      const said = [...PCRS.flatMap((pcr) => explainPcr(pcr, a, b)), ...fitInputs(PCRS, a, b)];
      expect(performance.now() - start).toBeLessThan(1000);
      expect(name === other && said.length > 0).toBe(false);
      expect(said.filter(({ sentence }) => /\p{Cc}/u.test(sentence))).toEqual([]);
    }
  });
});
