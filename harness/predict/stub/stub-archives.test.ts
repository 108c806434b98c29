import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { openFat } from '../../formats/fat.ts';
import { readGpt } from '../../formats/gpt.ts';
import { type MadeFiles, makeFat } from '../../formats/testing/make-fat.ts';
import { makeGptDisk } from '../../formats/testing/make-gpt.ts';
import { stubArchiveEvents, stubArchives } from './stub-archives.ts';

const disk = bytesSource('disk', makeGptDisk({ partitions: [] }));
const gpt = readGpt(disk);
const OWN = 'EFI/Linux/a.efi.extra.d';

function archives(version: number, files: MadeFiles) {
  const volume = openFat(bytesSource('esp', makeFat(files)));
  const stub = { release: `${version}`, version };
  return stubArchives(stub, { disk, gpt, volume }, '\\EFI\\Linux\\a.efi');
}

function describeAll(version: number, files: MadeFiles) {
  return archives(version, files).map(({ pcr, description }) => `${pcr} ${description}`);
}

/** A member of an archive: newc, as Linux's buffer-format.rst describes it. */
function member(inode: number, mode: number, path: string, content = ''): string {
  const word = (value: number) => value.toString(16).padStart(8, '0');
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length + 1, 0];
  const filled = (text: string) => text + '\0'.repeat(-text.length & 3);
  return filled(`070701${fields.map(word).join('')}${path}\0`) + filled(content);
}

const TRAILER = `070701${'00000000'.repeat(4)}00000001${'00000000'.repeat(6)}0000000B00000000TRAILER!!!\0\0\0\0`;

describe('what systemd-stub packs', () => {
  it('is sorted by name, and for its owner alone where it is secret', () => {
    const [credentials] = archives(257, { [`${OWN}/a.cred`]: '12345', [`${OWN}/B.CRED`]: 'x' });
    expect(Buffer.concat([...(credentials?.bytes() ?? [])]).toString('latin1')).toBe(
      [
        member(1, 0o40555, '.extra'),
        member(2, 0o40500, '.extra/credentials'),
        member(3, 0o100400, '.extra/credentials/B.CRED', 'x'),
        member(4, 0o100400, '.extra/credentials/a.cred', '12345'),
        TRAILER,
      ].join(''),
    );
  });

  it('goes into PCR 12, extensions of the system into PCR 13', () => {
    const files = {
      [`${OWN}/c.confext.raw`]: 'c',
      [`${OWN}/s.sysext.raw`]: 's',
      [`${OWN}/k.cred`]: 'k',
      'loader/credentials/g.cred': 'g',
      'loader/extensions/gs.raw': 'gs',
      'loader/extensions/gc.confext.raw': 'gc',
    };
    const common = [
      '12 initrd with credentials: k.cred',
      '12 initrd with global_credentials: g.cred',
    ];
    expect(describeAll(255, files)).toEqual([
      ...common,
      '13 initrd with sysext: c.confext.raw, s.sysext.raw',
    ]);
    expect(describeAll(257, files)).toEqual([
      ...common,
      '13 initrd with sysext: s.sysext.raw',
      '12 initrd with confext: c.confext.raw',
    ]);
    expect(describeAll(258, files)).toEqual([
      ...common,
      '13 initrd with sysext: s.sysext.raw',
      '13 initrd with global_sysext: gs.raw',
      '12 initrd with confext: c.confext.raw',
      '12 initrd with global_confext: gc.confext.raw',
    ]);
  });

  it('is nothing where there are no such files', () => {
    const files = {
      [`${OWN}/.hidden.cred`]: '',
      [`${OWN}/ä.cred`]: '',
      [`${OWN}/dir.cred/x`]: '',
      [`${OWN}/readme`]: '',
    };
    expect(describeAll(257, files)).toEqual([]);
    expect(describeAll(257, {})).toEqual([]);
  });

  it('is measured as a whole', () => {
    const made = archives(257, { [`${OWN}/s.raw`]: 's' });
    const bytes = [
      member(1, 0o40555, '.extra'),
      member(2, 0o40555, '.extra/sysext'),
      member(3, 0o100444, '.extra/sysext/s.raw', 's'),
      TRAILER,
    ];
    const digest = createHash('sha256').update(bytes.join(''), 'latin1').digest('hex');
    expect(stubArchiveEvents({ banks: ['sha256'] }, made)).toMatchObject([
      { pcr: 13, type: 'EV_IPL', agent: 'systemd-stub', digests: { sha256: digest } },
    ]);
  });
});
