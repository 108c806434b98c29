import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { encodeUtf16 } from '../bytes/utf16.ts';
import type { MeasuredEvent } from '../measure/event.ts';
import { readEventLog } from '../measure/event-log.ts';
import { measuredEvents } from '../measure/measured-events.ts';
import { describeWithFixtures, fixtureBytes, fixtureSource } from '../measure/testing/fixtures.ts';
import { ascii, u16, u32, u64, utf16, variableData } from '../measure/testing/log-bytes.ts';
import { readUserspaceLog } from '../measure/userspace-log.ts';
import { explainPcr } from './explain-pcr.ts';
import { fitInputs } from './fit-inputs.ts';

const GLOBAL = guidBytes('8be4df61-93ca-11d2-aa0d-00e098032b8c');
const IMAGE_SECURITY = guidBytes('d719b2cb-3d3a-4596-a3bc-dad00e67656f');
const SHA256_TYPE = guidBytes('c1c41626-504c-4092-aca9-41f936934328');
const OWNER = guidBytes('77fa9abd-0359-4d32-bd60-28f4e78f784b');

/** An event whose digest is that of some bytes. */
function event(
  pcr: number,
  type: string,
  measured: Uint8Array,
  data: Uint8Array = measured,
  description = type,
): MeasuredEvent {
  const digests = { sha256: createHash('sha256').update(measured).digest('hex') };
  return { pcr, type, digests, description, data: Buffer.from(data).toString('hex') };
}

/** As a log has it: no measured bytes. */
function section(name: string, content: string): readonly MeasuredEvent[] {
  const field = utf16(`${name}\0`);
  return [
    event(11, 'EV_IPL', ascii(`${name}\0`), field, name),
    event(11, 'EV_IPL', ascii(content), field, name),
  ];
}

/** As a log has it: a tag, and not the text. */
function loadOptions(text: string): MeasuredEvent {
  const label = ascii('LOADED_IMAGE::LoadOptions\0');
  const field = Buffer.concat([u32(0x8f3b22ed), u32(label.length), label]);
  return event(9, 'EV_EVENT_TAG', encodeUtf16(`${text}\0`), field, 'Linux: command line');
}

function config(name: string, data: Uint8Array): MeasuredEvent {
  const guid = name.startsWith('db') ? IMAGE_SECURITY : GLOBAL;
  return event(7, 'EV_EFI_VARIABLE_DRIVER_CONFIG', variableData(guid, name, data));
}

/** EFI_SIGNATURE_LIST of SHA-256 hashes (UEFI 2.11, 32.4.1). */
function hashes(...bytes: readonly number[]): Buffer {
  const entries = bytes.map((byte) => Buffer.concat([OWNER, Buffer.alloc(32, byte)]));
  return Buffer.concat([SHA256_TYPE, u32(28 + entries.length * 48), u32(0), u32(48), ...entries]);
}

function loadOption(description: string, optional = ''): Buffer {
  const path = Buffer.of(0x7f, 0xff, 4, 0);
  const head = [u32(1), u16(path.length), utf16(`${description}\0`)];
  return Buffer.concat([...head, path, ascii(optional)]);
}

function gpt(disk: string, ...partitions: readonly { name: string; guid: string; last: number }[]) {
  const header = Buffer.alloc(92);
  header.set(guidBytes(disk), 56);
  header.set(u32(128), 84);
  const entries = partitions.map(({ name, guid, last }) => {
    const entry = Buffer.alloc(128);
    entry.set(SHA256_TYPE);
    entry.set(guidBytes(guid), 16);
    entry.set(u64(34), 32);
    entry.set(u64(last), 40);
    entry.set(utf16(name), 56);
    return entry;
  });
  const bytes = Buffer.concat([header, u64(entries.length), ...entries]);
  return event(5, 'EV_EFI_GPT_EVENT', bytes);
}

function said(pcr: number, a: readonly MeasuredEvent[], b: readonly MeasuredEvent[]) {
  return explainPcr(pcr, { events: a }, { events: b }).map(
    ({ index, sentence, input }) => `${index} ${input}: ${sentence}`,
  );
}

describe('differences of Secure Boot', () => {
  it('name the state', () => {
    const state = (...bytes: number[]) => [config('SecureBoot', Buffer.of(...bytes))];
    expect(said(7, state(0), state(1))).toEqual([
      '0 variable store: Secure Boot differs: off → on',
    ]);
    expect(said(7, state(), state(1))).toEqual([
      '0 firmware: Secure Boot differs: absent → on (absent: the firmware was built without it)',
    ]);
  });

  it.each([
    [hashes(1), hashes(1, 2, 3), 'dbx has 2 more of type sha256'],
    [hashes(1, 2), hashes(2), 'dbx lacks 1 of type sha256'],
    [hashes(1, 2), hashes(2, 1), 'dbx has the same entries in another order'],
    [
      hashes(1, 2),
      Buffer.concat([hashes(1), hashes(2)]),
      'dbx has the same entries in differently divided lists',
    ],
    [Buffer.of(), ascii('odd'), 'dbx differs: empty → 3 bytes that are no signature lists'],
  ])('name entries', (a, b, sentence) => {
    expect(said(7, [config('dbx', a)], [config('dbx', b)])).toEqual([
      `0 variable store: ${sentence}`,
    ]);
  });
});

describe('differences of a command line', () => {
  const text = 'root=/dev/sda ro quiet';
  const a = [...section('.linux', 'kernel'), ...section('.cmdline', text), loadOptions(text)];
  const logged = (other: string) => [
    ...section('.linux', 'kernel'),
    ...section('.cmdline', other),
    loadOptions(other),
  ];
  const told = (other: string, commandLine?: string) =>
    [9, 11].map(
      (pcr) =>
        explainPcr(pcr, { events: a, commandLine: text }, { events: logged(other), commandLine })[0]
          ?.sentence,
    );

  it('are found from the digests where one word was added or taken', () => {
    expect(told(`${text} debug`)).toEqual([
      'the command line has an extra word: debug',
      "the UKI's .cmdline has an extra word: debug",
    ]);
    expect(told('root=/dev/sda quiet')[1]).toBe("the UKI's .cmdline lacks the word: ro");
  });

  it('are told from a text that something else tells, where its digest holds', () => {
    const other = 'root=/dev/sdb ro';
    expect(told(other, other)).toEqual([
      'the command line has root=/dev/sdb instead of root=/dev/sda, lacks the word: quiet',
      "the UKI's .cmdline has root=/dev/sdb instead of root=/dev/sda, lacks the word: quiet",
    ]);
    expect(told(other, 'a lie')[1]).toMatch(/^the UKI's .cmdline differs: sha256 [0-9a-f]{16}… → /);
  });

  it('are of the words that a boot loader gave', () => {
    const given = (words: string) => [event(12, 'EV_IPL', encodeUtf16(`${words}\0`))];
    expect(said(12, given('ro'), given('ro \u001b[31m'))).toEqual([
      '0 command line: the command line has an extra word: \\u{1b}[31m',
    ]);
  });
});

describe('differences beyond the first', () => {
  it('are aligned, and a section that only one side has is told once', () => {
    const a = [...section('.linux', 'a'), ...section('.initrd', 'b'), ...section('.uname', 'c')];
    const b = [...section('.linux', 'A'), ...section('.ucode', 'x'), ...section('.initrd', 'b')];
    expect(said(11, a, b)).toEqual([
      expect.stringMatching(/^1 UKI: the UKI's .linux differs: sha256 /),
      "2 UKI: there is an extra event: the UKI's section .ucode",
      "4 UKI: an event is missing: the UKI's section .uname",
    ]);
  });

  it('are of SMBIOS by who measures it, and by what it says', () => {
    const tag = (text: string) => {
      const data = Buffer.from(text);
      return event(1, 'EV_EVENT_TAG', data, data, `systemd: SMBIOS type 1 (${text})`);
    };
    expect(said(1, [], [tag('a')])).toEqual([
      '0 boot image: there is an extra event: EV_EVENT_TAG systemd: SMBIOS type 1 (a)',
    ]);
    expect(said(1, [tag('a')], [tag('b')])).toEqual([expect.stringMatching(/^0 machine: /)]);
  });

  it('are of boot options by field', () => {
    const boot = (name: string, data: Uint8Array) =>
      event(1, 'EV_EFI_VARIABLE_BOOT', data, variableData(GLOBAL, name, data), name);
    const a = [boot('BootOrder', Buffer.of(0, 0)), boot('Boot0000', loadOption('UEFI Disk'))];
    const b = [
      boot('BootOrder', Buffer.of(1, 0, 0, 0)),
      boot('Boot0000', loadOption('UEFI Disk', 'x')),
    ];
    expect(said(1, a, b)).toEqual([
      '0 machine: BootOrder differs: 0000 → 0001, 0000',
      '1 machine: Boot0000 differs: optional data none → 78',
    ]);
  });

  it('are of a partition table by partition', () => {
    const [disk, other] = [
      '11111111-2222-3333-4444-555555555555',
      '21111111-2222-3333-4444-555555555555',
    ];
    const a = gpt(
      disk,
      { name: 'esp', guid: disk, last: 40 },
      { name: 'root', guid: disk, last: 60 },
    );
    const b = gpt(
      other,
      { name: 'root', guid: other, last: 80 },
      { name: 'home', guid: disk, last: 90 },
    );
    expect(said(5, [a], [b])).toEqual([
      `0 disk: the disk's GUID differs: ${disk} → ${other}; partition esp is missing; ` +
        `partition root has another UUID: ${disk} → ${other}; ` +
        'partition root has moved or another size: LBA 34–60 → LBA 34–80; ' +
        'there is a partition home more',
    ]);
  });
});

describe('any log', () => {
  it('is explained in bounded time', () => {
    const flood = (seed: number) =>
      Array.from({ length: 1600 }, (_, at) => event(7, 'EV_IPL', ascii(`${seed} ${at}`)));
    const start = performance.now();
    expect(explainPcr(7, { events: flood(1) }, { events: flood(2) })).toHaveLength(32);
    const words = (seed: number) => [
      event(
        12,
        'EV_IPL',
        encodeUtf16(Array.from({ length: 7000 }, (_, at) => seed + at).join(' ')),
      ),
    ];
    expect(explainPcr(12, { events: words(1) }, { events: words(9000) })).toHaveLength(1);
    const list = (seed: number) =>
      config(
        'dbx',
        Buffer.concat(Array.from({ length: 1200 }, (_, at) => hashes((seed + at) & 0xff))),
      );
    expect(explainPcr(7, { events: [list(0)] }, { events: [list(1)] })).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('gives printable sentences or none, whatever its events hold', () => {
    const types = [
      'EV_EFI_VARIABLE_DRIVER_CONFIG',
      'EV_EFI_VARIABLE_AUTHORITY',
      'EV_EFI_VARIABLE_BOOT',
      'EV_EFI_GPT_EVENT',
      'EV_IPL',
      'EV_EVENT_TAG',
      'EV_EFI_BOOT_SERVICES_APPLICATION',
      'EV_PLATFORM_CONFIG_FLAGS',
      'phase',
    ];
    const anyEvent = fc
      .tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 200 }), fc.boolean())
      .map(([type, bytes, isNamed]) =>
        event(11, type, isNamed ? variableData(GLOBAL, 'db', bytes) : bytes),
      );
    const events = fc.array(anyEvent, { maxLength: 12 });
    fc.assert(
      fc.property(events, events, (a, b) => {
        for (const { sentence } of explainPcr(11, { events: a }, { events: b })) {
          expect(sentence).toMatch(/^\P{Cc}+$/u);
        }
        for (const { sentence } of fitInputs([11], { events: a }, { events: b })) {
          expect(sentence).toMatch(/^\P{Cc}+$/u);
        }
      }),
    );
  });
});

describeWithFixtures('recorded boots', () => {
  const boot = (name: string) => {
    const log = readEventLog(fixtureSource(`boots/${name}/binary_bios_measurements`));
    const { events } = readUserspaceLog(fixtureSource(`boots/${name}/tpm2-measure.log`));
    const commandLine = fixtureBytes(`boots/${name}/cmdline`).toString('utf8').trimEnd();
    return { events: [...measuredEvents(log, () => ''), ...events], commandLine };
  };

  it('say what Secure Boot changed', () => {
    const [off, on] = [boot('i-sboff-nocreds'), boot('ii-sbon')];
    expect(explainPcr(7, off, on).map(({ index, sentence }) => [index, sentence])).toEqual([
      [0, 'Secure Boot differs: off → on'],
      [1, expect.stringMatching(/^PK has an extra certificate: CN=proto2 pk \(SHA-256 /)],
      [2, expect.stringMatching(/^KEK has an extra certificate: CN=proto2 kek /)],
      [3, expect.stringMatching(/^db has an extra certificate: CN=mkosi of root /)],
      [4, 'dbx has 1 more of type sha256'],
      [6, 'there is an extra event: authority db: CN=mkosi of root'],
    ]);
    expect(explainPcr(11, off, on)).toEqual([]);
  });

  it('say which inputs a prediction would need', () => {
    const fits = fitInputs([7, 11], boot('ii-sbon'), {
      events: boot('i-sboff-nocreds').events.filter(({ description }) => description !== 'ready'),
    });
    expect(fits).toEqual([
      { input: 'variable store', sentence: 'the variable store needs Secure Boot off' },
      { input: 'variable store', sentence: 'the variable store must have no PK' },
      { input: 'variable store', sentence: 'the variable store must have no KEK' },
      { input: 'variable store', sentence: 'the variable store must have no db' },
      { input: 'variable store', sentence: 'the variable store must have no dbx' },
      {
        input: 'phases',
        sentence:
          "the PCRs were read after sysinit, before ready: --phase 'enter-initrd:leave-initrd:sysinit'",
      },
    ]);
  });
});
