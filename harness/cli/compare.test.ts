import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { describeWithFixtures, fixtureSource } from '../measure/testing/fixtures.ts';
import { agileRecord, digestOf, specIdRecord, utf16 } from '../measure/testing/log-bytes.ts';
import { compareReport, differs, renderCompare } from './compare.ts';

const SHA256 = 0x000b;
const SEPARATOR = 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119';
const SEPARATOR_ONLY = '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969';

function log(...measured: readonly [pcr: number, digest: string][]): ByteSource {
  const records = measured.map(([pcr, digest]) =>
    agileRecord(pcr, 'EV_IPL', [[SHA256, digest]], utf16('.linux\0')),
  );
  return bytesSource('log', Buffer.concat([specIdRecord([[SHA256, 32]]), ...records]));
}

function text(content: string): ByteSource {
  return bytesSource('text', Buffer.from(content));
}

describe('cvm compare', () => {
  const pcrread = text(`sha256:\n  2 : 0x${SEPARATOR_ONLY}\n  4 : 0x${SEPARATOR_ONLY}\n`);

  it('holds a log against PCR values', () => {
    const report = compareReport(log([2, SEPARATOR], [9, SEPARATOR]), pcrread);
    expect(report).toEqual({
      banks: { sha256: { common: [2], different: [], onlyA: [9], onlyB: [4] } },
      referenceValueCandidates: [{ pcr: 2, why: expect.any(String) }],
      firstDifference: [],
      explanations: [],
      toFit: [],
    });
    expect(differs(report)).toBe(false);
  });

  it('names the first event that differs where both sides tell their events', () => {
    const prediction = {
      banks: { sha256: { 11: digestOf('sha256', 7) } },
      events: [1, 3].map((byte) => ({
        pcr: 11,
        type: 'EV_IPL',
        digests: { sha256: digestOf('sha256', byte) },
        description: `section ${byte}`,
        agent: 'systemd-stub',
      })),
    };
    const observed = log([11, digestOf('sha256', 1)], [11, digestOf('sha256', 2)]);
    const report = compareReport(text(`\n ${JSON.stringify(prediction)}`), observed);
    expect(report.firstDifference).toEqual([
      {
        pcr: 11,
        index: 1,
        a: { type: 'EV_IPL', digests: { sha256: digestOf('sha256', 3) }, description: 'section 3' },
        b: { type: 'EV_IPL', digests: { sha256: digestOf('sha256', 2) }, description: '.linux' },
      },
    ]);
    expect(differs(report)).toBe(true);
    expect(renderCompare(report)).toContain(
      `PCR 11 differs from its event 1 on:\n  A  EV_IPL  section 3  sha256 0303`,
    );
  });

  it('lists PCRs for people', () => {
    expect(renderCompare(compareReport(pcrread, pcrread)).split('\n').slice(0, 5)).toEqual([
      'sha256:',
      '  common     2 4',
      '  different  –',
      '  only in A  –',
      '  only in B  –',
    ]);
  });

  it.each(['', '{', 'PCRs', '\0', '{"banks":{"md5":{}}}'])('refuses %j', (content) => {
    expect(() => compareReport(pcrread, text(content))).toThrow(FormatError);
  });
});

describeWithFixtures('boots of one image', () => {
  const boot = (name: string, file: string) => fixtureSource(`boots/${name}/${file}`);

  it('with Secure Boot off and on part at the SecureBoot variable and in the inner kernel', () => {
    const report = compareReport(
      boot('i-sboff-nocreds', 'binary_bios_measurements'),
      boot('ii-sbon', 'binary_bios_measurements'),
    );
    expect(report.banks.sha256?.different).toEqual(expect.arrayContaining([4, 7]));
    const inPcr = (pcr: number) => report.firstDifference.find((first) => first.pcr === pcr);
    expect(inPcr(7)).toMatchObject({
      index: 0,
      a: { description: 'SecureBoot: 0' },
      b: { description: 'SecureBoot: 1' },
    });
    expect(report.banks.sha256?.common).toEqual(expect.arrayContaining([2, 3, 6, 11]));
    expect(report.referenceValueCandidates.map(({ pcr }) => pcr)).toContain(11);
  });

  it('tell the same by their log, by tpm2_eventlog and, for the firmware, by tpm2_pcrread', () => {
    const fromLog = boot('ii-sbon', 'binary_bios_measurements');
    const replayed = compareReport(fromLog, boot('ii-sbon', 'eventlog.yaml'));
    expect(differs(replayed)).toBe(false);
    const read = compareReport(fromLog, boot('ii-sbon', 'pcrread.yaml'));
    // PCR 11 also has the phases, which stand in systemd's log.
    expect(read.banks.sha384?.different).toEqual([11]);
    expect(read.banks.sha384?.common).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  });
});
