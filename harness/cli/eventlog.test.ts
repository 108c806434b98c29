import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import {
  describeWithFixtures,
  fixtureBytes,
  fixtureJson,
  fixtureSource,
} from '../measure/testing/fixtures.ts';
import {
  agileRecord,
  ascii,
  digestOf,
  specIdRecord,
  u64,
  utf16,
} from '../measure/testing/log-bytes.ts';
import { readUserspaceLog } from '../measure/userspace-log.ts';
import { readPcrValues } from '../tpm/pcrread.ts';
import { eventlogReport, renderEventlog } from './eventlog.ts';

const SHA256 = 0x000b;
// SHA-256 of four zero bytes, and of zeros extended with it.
const SEPARATOR = 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119';
const SEPARATOR_ONLY = '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969';

const header = specIdRecord([[SHA256, 32]]);
const separator = (pcr: number, data: Uint8Array = Buffer.alloc(4)) =>
  agileRecord(pcr, 'EV_SEPARATOR', [[SHA256, SEPARATOR]], data);

describe('cvm eventlog', () => {
  const log = bytesSource('log', Buffer.concat([header, separator(2), separator(3, ascii('no'))]));

  it('reports the log, its events and its PCR values', () => {
    expect(eventlogReport(log)).toEqual({
      spec: 'Spec ID Event03',
      algorithms: ['sha256'],
      startupLocality: 0,
      events: [
        {
          index: 0,
          pcr: 0,
          type: 'EV_NO_ACTION',
          digests: { sha1: digestOf('sha1', 0) },
          description: 'Spec ID Event03: sha256',
          digestMatchesData: null,
        },
        {
          index: 1,
          pcr: 2,
          type: 'EV_SEPARATOR',
          digests: { sha256: SEPARATOR },
          description: 'separator',
          digestMatchesData: true,
        },
        {
          index: 2,
          pcr: 3,
          type: 'EV_SEPARATOR',
          digests: { sha256: SEPARATOR },
          description: 'separator after an error: no',
          digestMatchesData: false,
        },
      ],
      pcrs: { sha256: { 2: SEPARATOR_ONLY, 3: SEPARATOR_ONLY } },
      padding: null,
      userspace: null,
    });
  });

  it('appends what systemd measured', () => {
    const phase = {
      pcr: 2,
      digests: [{ hashAlg: 'sha256', digest: digestOf('sha256', 1) }],
      content: { string: 'ready', eventType: 'phase' },
    };
    const text = `\x1e${JSON.stringify(phase)}\n\x1e{"pcr"`;
    const report = eventlogReport(log, readUserspaceLog(bytesSource('measure.log', ascii(text))));
    expect(report.events.at(-1)).toEqual({
      index: 3,
      pcr: 2,
      type: 'phase',
      digests: { sha256: digestOf('sha256', 1) },
      description: 'ready',
      digestMatchesData: false,
    });
    expect(report.pcrs.sha256?.[2]).not.toBe(SEPARATOR_ONLY);
    expect(report.userspace).toEqual({ nvPcrEvents: [], abortedAt: text.indexOf('\x1e', 1) });
    expect(renderEventlog(report)).toContain('breaks off');
  });

  it('shows device paths', () => {
    // UEFI 2.11, 10.3.5.4: a file path node, and the end of the path.
    const file = Buffer.concat([
      Buffer.of(4, 4, 12, 0),
      utf16('\\a.\0'),
      Buffer.of(0x7f, 0xff, 4, 0),
    ]);
    const load = Buffer.concat([u64(0), u64(4096), u64(0), u64(file.length), file]);
    const image = agileRecord(
      4,
      'EV_EFI_BOOT_SERVICES_APPLICATION',
      [[SHA256, digestOf('sha256', 1)]],
      load,
    );
    const report = eventlogReport(bytesSource('log', Buffer.concat([header, image])));
    expect(report.events[1]?.description).toBe('\\a., 4096 bytes');
  });

  it('is one line an event for people', () => {
    const text = renderEventlog(eventlogReport(log));
    expect(text.split('\n').slice(0, 4)).toEqual([
      'Spec ID Event03, sha256, startup locality 0, 3 events',
      '   0  PCR 0   EV_NO_ACTION  Spec ID Event03: sha256',
      '   1  PCR 2   EV_SEPARATOR  separator',
      '   2  PCR 3   EV_SEPARATOR  separator after an error: no  ! the digest is not that of the data',
    ]);
    expect(text).toContain(`\n  2 : ${SEPARATOR_ONLY}\n`);
  });

  it.each([
    ['tiny events', agileRecord(0, 'EV_IPL', [], Buffer.alloc(0))],
    ['section names', agileRecord(11, 'EV_IPL', [[SHA256, SEPARATOR]], utf16('.linux\0'))],
    ['one event', agileRecord(8, 'EV_IPL', [[SHA256, SEPARATOR]], Buffer.alloc(59_000, 0x41))],
    [
      'variables of any size',
      agileRecord(7, 'EV_EFI_VARIABLE_BOOT', [[SHA256, SEPARATOR]], Buffer.alloc(40, 0xfe)),
    ],
  ])('costs less than a second and 100 MB for 60 KB of %s', (_what, record) => {
    const count = Math.floor(60_000 / record.length);
    const hostile = Buffer.concat([header, ...Array.from({ length: count }, () => record)]);
    const [started, heap] = [performance.now(), process.memoryUsage().rss];
    const report = eventlogReport(bytesSource('log', hostile));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(process.memoryUsage().rss - heap).toBeLessThan(100 * 2 ** 20);
    expect(report.events).toHaveLength(count + 1);
  });
});

describeWithFixtures('complete boots', () => {
  const { boots } = fixtureJson<{ boots: Record<string, string> }>('boots/index.json');

  it.each(Object.keys(boots))('%s: both logs replay to the PCRs of the TPM', (boot) => {
    const tpm = readPcrValues(fixtureSource(`boots/${boot}/pcrread.yaml`));
    const { pcrs, events } = eventlogReport(
      fixtureSource(`boots/${boot}/binary_bios_measurements`),
      readUserspaceLog(fixtureSource(`boots/${boot}/tpm2-measure.log`)),
    );
    expect(Object.keys(pcrs)).toEqual(['sha1', 'sha256', 'sha384']);
    for (const [bank, values] of Object.entries(pcrs)) {
      for (const [pcr, value] of Object.entries(values)) {
        expect([bank, pcr, value]).toEqual([bank, pcr, tpm[bank as keyof typeof tpm]?.[+pcr]]);
      }
      expect(Object.keys(values)).toEqual(expect.arrayContaining(['0', '7', '9', '11', '15']));
    }
    expect(events.filter((event) => event.digestMatchesData === false)).toEqual([]);
  });

  it.each(Object.keys(boots))('%s: the replay is that of tpm2_eventlog', (boot) => {
    const { pcrs } = eventlogReport(fixtureSource(`boots/${boot}/binary_bios_measurements`));
    expect(pcrs).toEqual(readPcrValues(fixtureSource(`boots/${boot}/eventlog.yaml`)));
  });

  it('the image is named by its path', () => {
    const report = eventlogReport(fixtureSource('boots/ii-sbon/binary_bios_measurements'));
    const images = report.events.filter(({ type }) => type === 'EV_EFI_BOOT_SERVICES_APPLICATION');
    expect(images.map(({ description }) => description)).toEqual([
      expect.stringMatching(/^PciRoot\(0x0\)\/.*\\EFI\\BOOT\\BOOTX64\.EFI, 23382896 bytes$/),
    ]);
  });

  it('with changed bytes give a report or a FormatError', () => {
    const bytes = fixtureBytes('boots/iv-shim/binary_bios_measurements');
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const changed = Buffer.from(bytes);
        for (const [at, value] of changes) changed[at] = value;
        try {
          expect(renderEventlog(eventlogReport(bytesSource('log', changed)))).toMatch(/^Spec ID/);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
