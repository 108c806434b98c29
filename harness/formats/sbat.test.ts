import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSbatLevel, readSbatSection, revokedComponent } from './sbat.ts';

const bytes = (text: string) => Buffer.from(text);

/** shim SBAT.md: the metadata of a vendor's GRUB. */
const GRUB = [
  'sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md',
  'grub,1,Free Software Foundation,grub,2.04,https://www.gnu.org/software/grub/',
  'grub.fedora,2,The Fedora Project,grub2,2.04-33.fc33,https://src.fedoraproject.org/rpms/grub2',
  '',
].join('\n');

describe('SBAT metadata', () => {
  it('names components with their generations, up to a NUL', () => {
    const entries = readSbatSection(bytes(`${GRUB}\0\0garbage`));
    expect(entries).toEqual([
      { component: 'sbat', generation: 1 },
      { component: 'grub', generation: 1 },
      { component: 'grub.fedora', generation: 2 },
    ]);
  });

  it.each([
    ['too few columns', 'grub,1,Vendor,grub,2.04\n'],
    ['an empty column', 'grub,1,,grub,2.04,https://example.com\n'],
  ])('is refused for %s', (_, text) => {
    expect(readSbatSection(bytes(text))).toBeUndefined();
  });

  it('may end its lines as it likes, and begin with a byte order mark', () => {
    const text = '\ufeffa,1,b,c,d,e\r\n\n\rf,2,g,h,i,j,more';
    expect(readSbatSection(bytes(text))?.map(({ component }) => component)).toEqual(['a', 'f']);
  });

  it('is read without an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (any) => {
        for (const { generation } of readSbatSection(any) ?? []) {
          expect(generation).toBeLessThan(1 << 16);
        }
        readSbatLevel(any);
      }),
    );
  });
});

describe('revocations', () => {
  const section = readSbatSection(bytes(GRUB)) ?? [];
  const revoked = (level: string) => revokedComponent(section, readSbatLevel(bytes(level)) ?? []);

  it.each([
    ['sbat,1\ngrub,1\n', undefined],
    ['sbat,1,2021030218\ngrub.fedora,2\n', undefined],
    ['sbat,1,2021030218\nother,9\n', undefined],
    ['sbat,1\ngrub,2\n', 'grub'],
    ['sbat,1\ngrub.fedora,3\n', 'grub.fedora'],
    ['sbat,2\n', 'sbat'],
  ])('of %j', (level, component) => {
    expect(revoked(level)?.component).toBe(component);
  });

  it('count the first row of a component, and what is no number as 0', () => {
    expect(revoked('grub,1\ngrub,9\n')).toBeUndefined();
    expect(revoked('grub,x\n')).toBeUndefined();
    expect(readSbatLevel(bytes('grub,65537\n'))).toEqual([{ component: 'grub', generation: 1 }]);
  });
});
