import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { deviceTrees, measuredSections } from './measured-sections.ts';
import { readPe } from './pe.ts';
import { type MadeSection, makePe } from './testing/make-pe.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';
import { readUki, type Uki } from './uki.ts';

function readBytes(bytes: Uint8Array): Uki | undefined {
  const source = bytesSource('test.efi', bytes);
  return readUki(source, readPe(source));
}

function read(...sections: readonly MadeSection[]): Uki {
  const uki = readBytes(makePe({ sections }));
  if (uki === undefined) throw new Error('no UKI');
  return uki;
}

const linux = { name: '.linux', data: 'kernel' };
const named = (name: string): MadeSection => ({ name, data: name });
const stub = (version: string): MadeSection => ({
  name: '.sdmagic',
  data: `#### LoaderInfo: systemd-stub ${version} ####`,
});

describe('a UKI', () => {
  it('has a .linux section', () => {
    expect(readBytes(makePe({ sections: [named('.osrel')] }))).toBeUndefined();
    expect(readBytes(makePe({ sections: [{ ...linux, virtualSize: 0 }] }))).toBeUndefined();
    expect(read(linux)).toMatchObject({ stub: undefined, profiles: [] });
  });

  it.each([
    ['262-1', 262],
    ['257.13-1~deb13u1', 257],
    ['256.6-2.fc41', 256],
    ['v258-rc1-35-gabcdef', 258],
    ['257~rc1', 257],
  ])('says that its stub is %s', (release, version) => {
    expect(read(stub(release), linux).stub).toEqual({ release, version });
  });

  it.each([
    ['#### LoaderInfo: systemd-boot 257 ####'],
    ['#### LoaderInfo: systemd-stub main ####'],
    [''],
  ])('does not say what its stub is with %j', (data) => {
    expect(read({ name: '.sdmagic', data }, linux).stub).toBeUndefined();
  });

  it('has a base part and profiles', () => {
    const uki = read(
      stub('257'),
      linux,
      { name: '.profile', data: 'ID=main\nTITLE="The main one"\n' },
      { name: '.profile', data: "TITLE='Factory reset'\n\n ID=factory-reset" },
      named('.cmdline'),
      { name: '.profile', data: 'VERSION_ID=1\0ID=hidden' },
    );
    expect(uki.base.map(({ name }) => name)).toEqual(['.sdmagic', '.linux']);
    expect(
      uki.profiles.map(({ sections, ...names }) => [names, sections.map(({ name }) => name)]),
    ).toEqual([
      [{ id: 'main', title: 'The main one' }, ['.profile']],
      [{ id: 'factory-reset', title: 'Factory reset' }, ['.profile', '.cmdline']],
      [{ id: undefined, title: undefined }, ['.profile']],
    ]);
  });

  it('has no profiles where its stub knows of none', () => {
    const uki = read(stub('256.7'), linux, named('.profile'), named('.cmdline'));
    expect(uki.profiles).toEqual([]);
    expect(uki.base).toHaveLength(4);
  });

  it('has at most as many profiles as systemd allows', () => {
    const many = Array.from({ length: 257 }, () => named('.profile'));
    expect(() => read(linux, ...many)).toThrow('expected at most 256 profiles, found 257');
  });

  it('has measured sections that nothing overwrites in memory', () => {
    const over = { name: '.data', data: 'x', virtualAddress: 0x1003 };
    expect(() => read({ ...linux, virtualAddress: 0x1000 }, over)).toThrow(
      'expected .data in memory behind .linux (0x1006), found address 0x1003',
    );
    const long = { name: '.text', virtualSize: 0x5000, virtualAddress: 0x1000 };
    const short = { name: '.data', virtualSize: 1, virtualAddress: 0x1001 };
    expect(() => read(long, short, { ...linux, virtualAddress: 0x5000 })).toThrow(
      'expected .linux in memory behind .text (0x6000), found address 0x5000',
    );
  });

  it('may have other sections that overlap in memory', () => {
    const sbat = { name: '.sbat', data: 'longer than before', virtualAddress: 0x1000 };
    const magic = { ...stub('252.39'), virtualAddress: 0x1010 };
    expect(read(sbat, magic, linux).stub?.version).toBe(252);
  });

  it('is read, or refused with a FormatError, however it is damaged', () => {
    const sections = [stub('257'), linux, named('.profile'), named('.cmdline'), named('.dtbauto')];
    fc.assert(
      fc.property(mutations(makePe({ sections }), 0x400), (mutated) => {
        const uki = resultOrFormatError(() => readBytes(mutated));
        if (uki !== undefined && 'base' in uki) measuredSections(uki, { profile: 0 });
      }),
      { numRuns: 2000 },
    );
  });
});

const measured = (uki: Uki, profile = 0) =>
  measuredSections(uki, { profile }).map(({ name }) => name);

describe('systemd-stub measures', () => {
  const everything = [
    '.efifw',
    '.hwids',
    '.profile',
    '.pcrpkey',
    '.pcrsig',
    '.sbat',
    '.uname',
    '.dtb',
    '.splash',
    '.ucode',
    '.initrd',
    '.cmdline',
    '.osrel',
    '.linux',
    '.text',
  ].map(named);

  // Order and versions: systemd's src/fundamental/tpm-pcr.h and uki.h at these tags.
  const v252 = ['.linux', '.osrel', '.cmdline', '.initrd', '.splash', '.dtb', '.pcrpkey'];
  const v254 = [...v252.slice(0, 6), '.uname', '.sbat', '.pcrpkey'];
  const v256 = [...v254.slice(0, 4), '.ucode', ...v254.slice(4)];
  const v257 = [...v256, '.profile', '.hwids'];
  it.each([
    ['251.4', []],
    ['252.39', v252],
    ['253', v252],
    ['254.1', v254],
    ['255', v254],
    ['256.17', v256],
    ['257', v257],
    ['262', v257],
  ])('as of v%s', (version, expected) => {
    expect(measured(read(stub(version), ...everything))).toEqual(expected);
  });

  it('like the newest one where the image does not say which it is', () => {
    expect(measured(read(...everything))).toEqual(v257);
  });

  it('nothing of a section without bytes in memory', () => {
    const empty = { name: '.cmdline', data: 'x', virtualSize: 0 };
    expect(measured(read(linux, empty))).toEqual(['.linux']);
    expect(measured(read(linux, empty, named('.cmdline')))).toEqual(['.linux']);
  });

  it('the first of several sections with one name', () => {
    const uki = read(linux, { name: '.osrel', data: 'one' }, { name: '.osrel', data: 'two' });
    expect(measuredSections(uki, { profile: 0 }).map(({ section }) => section.index)).toEqual([
      0, 1,
    ]);
  });

  it('the last of them before v257, and by the beginning of the name', () => {
    const uki = read(
      stub('256'),
      linux,
      { name: '.osrel', data: 'one' },
      { name: '.osrel2', data: 'two' },
      named('.dtbauto'),
    );
    expect(
      measuredSections(uki, { profile: 0 }).map(({ name, section }) => [name, section.name]),
    ).toEqual([
      ['.linux', '.linux'],
      ['.osrel', '.osrel2'],
      ['.dtb', '.dtbauto'],
    ]);
  });

  it('the sections of the selected profile, and the base part where it has none', () => {
    const uki = read(
      linux,
      named('.osrel'),
      named('.cmdline'),
      named('.profile'),
      named('.profile'),
      named('.cmdline'),
      { name: '.osrel', data: '' },
    );
    const indices = (profile: number) =>
      measuredSections(uki, { profile }).map(({ section }) => section.index);
    expect(indices(0)).toEqual([0, 1, 2, 3]);
    expect(indices(1)).toEqual([0, 5, 4]);
    expect(() => indices(2)).toThrow(RangeError);
  });

  it('the device tree that matches the hardware, and none otherwise', () => {
    const uki = read(
      linux,
      named('.dtbauto'),
      { name: '.dtbauto', data: 'second' },
      named('.profile'),
      named('.profile'),
      { name: '.dtbauto', data: 'of the profile' },
    );
    expect(deviceTrees(uki, 0).map(({ index }) => index)).toEqual([1, 2]);
    expect(deviceTrees(uki, 1).map(({ index }) => index)).toEqual([5]);
    const [, deviceTree] = deviceTrees(uki, 0);
    expect(
      measuredSections(uki, { profile: 0, deviceTree }).map(({ section }) => section.index),
    ).toEqual([0, 3, 2]);
    expect(measured(uki)).toEqual(['.linux', '.profile']);
  });
});
