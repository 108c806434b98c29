import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { readPe } from '../../formats/pe.ts';
import { type MadeSection, makePe } from '../../formats/testing/make-pe.ts';
import { readUki } from '../../formats/uki.ts';
import type { Bank } from '../../measure/bank.ts';
import { sectionDigests } from '../section-digests.ts';
import { systemdStubEvents, systemdStubProfileEvents } from './systemd-stub.ts';

const banks: readonly Bank[] = ['sha256'];

function events(...sections: readonly MadeSection[]) {
  const source = bytesSource('test.efi', makePe({ sections }));
  const pe = readPe(source);
  const uki = readUki(source, pe);
  if (uki === undefined) throw new Error('no UKI');
  return systemdStubEvents({ banks }, uki, { profile: 0 }, sectionDigests(source, pe, banks));
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('systemd-stub extends PCR 11', () => {
  it('with the name of each section, then with its bytes in memory', () => {
    const measured = events(
      { name: '.cmdline', data: 'quiet', virtualSize: 7 },
      { name: '.linux', data: 'kernel', virtualSize: 4 },
    );
    expect(measured.map(({ digests }) => digests.sha256)).toEqual(
      ['.linux\0', 'kern', '.cmdline\0', 'quiet\0\0'].map(sha256),
    );
    expect(measured[0]).toMatchObject({ pcr: 11, type: 'EV_IPL', agent: 'systemd-stub' });
    expect(measured.map(({ description }) => description)).toEqual([
      'name .linux',
      '.linux, 4 bytes',
      'name .cmdline',
      '.cmdline, 7 bytes',
    ]);
  });

  it('with a gibibyte that is in memory alone, without holding it', () => {
    const measured = events({ name: '.linux', data: '\0', virtualSize: 2 ** 30 });
    // `head -c 1G /dev/zero | sha256sum`
    expect(measured[1]?.digests.sha256).toBe(
      '49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14',
    );
  });
});

describe('systemd-stub extends PCR 12', () => {
  it('with the number of a profile that is not the default', () => {
    expect(systemdStubProfileEvents({ banks }, 0)).toEqual([]);
    expect(systemdStubProfileEvents({ banks }, 12)).toMatchObject([
      { pcr: 12, type: 'EV_EVENT_TAG', digests: { sha256: sha256('1\x002\0\0\0') } },
    ]);
  });
});

describe('digests of sections', () => {
  it('are computed once', () => {
    const source = bytesSource('test.efi', makePe({ sections: [{ name: '.a', data: 'a' }] }));
    const pe = readPe(source);
    let reads = 0;
    const read = (offset: number, length: number) => {
      reads += 1;
      return source.read(offset, length);
    };
    const digests = sectionDigests({ ...source, read }, pe, banks);
    const twice = [...pe.sections, ...pe.sections].map(digests);
    expect(twice).toEqual([{ sha256: sha256('a') }, { sha256: sha256('a') }]);
    const once = reads;
    pe.sections.map(digests);
    expect(reads).toBe(once);
  });

  it('are refused where no image is that large', () => {
    const huge = { name: '.a', virtualSize: 2 ** 31, virtualAddress: 0x1000 };
    const source = bytesSource('test.efi', makePe({ sections: [huge, huge, huge] }));
    expect(() => sectionDigests(source, readPe(source), banks)).toThrow('at most 4 GiB of memory');
  });
});
