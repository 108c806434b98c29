import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { readGpt } from '../../formats/gpt.ts';
import { type MadeTree, madeTree } from '../../formats/testing/made-tree.ts';
import { makeGptDisk } from '../../formats/testing/make-gpt.ts';
import { kernelParameters } from '../linux/kernel-parameters.ts';
import { systemIdentity } from './system-identity.ts';

const ID = '6b1d0c3e5f7a49b2a8c4e6d2f0b19375';
const ROOT = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';
const VAR = '4d21b016-b534-45c2-a9fb-5c16e091fd2d';
const UNIT = 'systemd-pcrmachine.service';
const UNITS = '/usr/lib/systemd/system';
const AUTO = 'systemd-gpt-auto-generator';
const GENERATOR = `/usr/lib/systemd/system-generators/${AUTO}`;
const SECOND = { first: 80, last: 90 };

const LIBRARY = '/usr/lib/x86_64-linux-gnu/libtss2-esys.so.0';

const SYSTEM: MadeTree = {
  [LIBRARY]: 'library',
  '/etc/machine-id': `${ID}\n`,
  [`${UNITS}/${UNIT}`]: '[Unit]\n',
  [`${UNITS}/sysinit.target.wants/${UNIT}`]: { kind: 'link', target: `../${UNIT}` },
};

type Made = {
  readonly files?: MadeTree;
  readonly second?: string;
  readonly content?: string;
  readonly isDiscovered?: boolean;
  readonly commandLine?: string;
  /** Whether systemd finds the library that talks to the TPM. */
  readonly library?: boolean;
};

/** What systemd measures on a disk with a root partition and a second one. */
function identityOf({
  files,
  second = ROOT,
  content = '',
  isDiscovered = true,
  library = true,
  ...made
}: Made) {
  const partitions = [
    { first: 64, last: 79, type: ROOT },
    { ...SECOND, type: second },
  ];
  const bytes = makeGptDisk({ sectors: 200, partitions });
  bytes.set(Buffer.from(content, 'latin1'), SECOND.first * 512);
  const disk = bytesSource('disk', bytes);
  const gpt = readGpt(disk);
  const [partition] = gpt.partitions;
  if (partition === undefined) throw new TypeError('no partition');
  const { [LIBRARY]: _, ...bare } = SYSTEM;
  const tree = { ...(library ? SYSTEM : bare), ...files };
  const volume = { type: 'ext4', uuid: 'u', label: '', root: madeTree(tree) };
  const root = { disk, gpt, partition, volume, isDiscovered, hasVerity: !isDiscovered };
  const parameters = kernelParameters(made.commandLine ?? '');
  const { events, unpredictable } = systemIdentity({ banks: ['sha256'] }, root, parameters, '');
  return {
    words: events.map(({ pcr, type, description }) => `${pcr} ${type} ${description}`),
    reasons: unpredictable.map(({ pcr, reason }) => `${pcr} ${reason}`),
    partition,
  };
}

const MACHINE = `15 machine-id machine-id:${ID}`;

describe('what systemd says of the system in PCR 15', () => {
  // The same machine id and digest stand in the userspace log of a recorded boot of the reference image.
  it('is its machine id', () => {
    expect(identityOf({})).toMatchObject({ words: [MACHINE], reasons: [] });
    const masked = {
      [`/etc/systemd/system/${UNIT}`]: { kind: 'link', target: '/dev/null' },
    } as const;
    expect(identityOf({ files: masked })).toMatchObject({ words: [], reasons: [] });
  });

  it('is nothing where systemd cannot talk to the TPM', () => {
    const files: MadeTree = { [GENERATOR]: '' };
    expect(identityOf({ files }).words).toHaveLength(2);
    const { words, reasons } = identityOf({ files, library: false });
    expect([words, reasons]).toEqual([[], []]);
  });

  it('is also the root file system, where systemd discovers it', () => {
    const files = { [GENERATOR]: '' };
    const { words, reasons, partition } = identityOf({ files });
    const word = `file-system:/:ext4:u::${partition.guid}:${ROOT}:${partition.name}`;
    expect(words).toEqual([MACHINE, `15 filesystem ${word}`]);
    expect(reasons).toEqual([]);
    expect(identityOf({ files, isDiscovered: false }).words).toEqual([MACHINE]);
    expect(identityOf({ files, commandLine: 'systemd.gpt_auto=0' }).words).toEqual([MACHINE]);
    const own = `/etc/systemd/system-generators/${AUTO}`;
    const masked = { ...files, [own]: { kind: 'link', target: '/dev/null' } as const };
    expect(identityOf({ files: masked }).words).toEqual([MACHINE]);
  });

  it.each<[string, Made]>([
    ['encrypted partition 2', { content: 'LUKS\xba\xbe' }],
    ['the file system of /var', { second: VAR, files: { [GENERATOR]: '' } }],
    ['/etc/fstab', { files: { '/etc/fstab': '/dev/vdb /data ext4 x-systemd.pcrfs 0 0\n' } }],
    ['has no /etc/machine-id', { files: { '/etc/machine-id': { kind: 'other' } } }],
  ])('is not known with %s', (reason, made) => {
    expect(identityOf(made).reasons).toEqual([expect.stringContaining(reason)]);
  });

  it('does not count what is commented out', () => {
    const files = { '/etc/fstab': '# /dev/vdb /data ext4 x-systemd.pcrfs\n' };
    expect(identityOf({ files }).reasons).toEqual([]);
  });
});
