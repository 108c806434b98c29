import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { GptPartition } from '../../formats/gpt-partition.ts';
import { type MadeTree, madeTree } from '../../formats/testing/made-tree.ts';
import { kernelParameters } from '../linux/kernel-parameters.ts';
import { fileSystemWord } from './file-system-word.ts';
import { nvPcrs } from './nv-pcrs.ts';
import { osSeparator } from './os-separator.ts';
import { findRootPartition, findUsrPartition } from './root-partition.ts';
import { unitStart } from './unit-start.ts';

const forecast = { banks: ['sha256'] } as const;
const UNITS = '/usr/lib/systemd/system';
const NULL = { kind: 'link', target: '/dev/null' } as const;

/** A unit that sysinit.target wants, as systemd installs it. */
function wanted(unit: string): MadeTree {
  return {
    [`${UNITS}/${unit}`]: '[Unit]\n',
    [`${UNITS}/sysinit.target.wants/${unit}`]: { kind: 'link', target: `../${unit}` },
  };
}

// systemd.unit(5).
describe('a unit', () => {
  const start = (files: MadeTree, commandLine = '') =>
    unitStart(madeTree(files), 'a.service', 'sysinit.target', kernelParameters(commandLine));
  const own = wanted('a.service');

  it('is started where its target wants it', () => {
    expect(start(own)).toBe('started');
    expect(start({ [`${UNITS}/a.service`]: '[Unit]\n' })).toBe('not started');
    const enabled = { '/etc/systemd/system/sysinit.target.wants/a.service': NULL };
    expect(start({ [`${UNITS}/a.service`]: '[Unit]\n', ...enabled })).toBe('started');
  });

  it('is not started where it is missing or masked', () => {
    expect(start(wanted('b.service'))).toBe('not started');
    expect(start({ ...own, '/etc/systemd/system/a.service': NULL })).toBe('not started');
    expect(start({ ...own, '/etc/systemd/system/a.service': '' })).toBe('not started');
    expect(start(own, 'systemd.mask=a.service')).toBe('not started');
  });

  it('is not started where its program or what it asks for is not there', () => {
    const unit = (text: string, more: MadeTree = {}) =>
      start({ ...own, [`${UNITS}/a.service`]: text, ...more });
    const run = '[Service]\nExecStart=-/usr/lib/a --graceful\nExecStop=/usr/lib/b\n';
    expect(unit(run)).toBe('not started');
    expect(unit(run, { '/usr/lib/a': 'program' })).toBe('started');
    const release = { '/etc/initrd-release': '' };
    expect(unit('ConditionPathExists=/etc/initrd-release\n')).toBe('not started');
    expect(unit('ConditionPathExists=/etc/initrd-release\n', release)).toBe('started');
    expect(unit('ConditionPathExists=!/etc/initrd-release\n', release)).toBe('not started');
    expect(unit('ConditionPathExists=/sys/class/tpm\n')).toBe('started');
  });

  it('is not known where it is changed, or there is no systemd', () => {
    expect(start({ ...own, '/etc/systemd/system/a.service': '[Unit]\n' })).toHaveProperty(
      'unknown',
    );
    const dropIn = { '/etc/systemd/system/a.service.d/b.conf': '[Unit]\n' };
    expect(start({ ...own, ...dropIn })).toHaveProperty('unknown');
    expect(start({ '/etc/x': '' })).toEqual({ unknown: `there is no ${UNITS}` });
  });
});

describe('the separator of the initrd', () => {
  const sha256 = createHash('sha256').update('os-separator').digest('hex');
  const of = (files: MadeTree | undefined, version: number) =>
    osSeparator(forecast, files && madeTree(files), [], version);

  // systemd units/systemd-pcrosseparator.service.in.
  it('closes the PCRs of what ran before', () => {
    const { events, unpredictable } = of(wanted('systemd-pcrosseparator.service'), 257);
    expect(unpredictable).toEqual([]);
    expect(events.map(({ pcr }) => pcr)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14]);
    expect(events[0]).toMatchObject({ type: 'os-separator', digests: { sha256 } });
    expect(sha256.startsWith('ff5b9d73dad70963')).toBe(true);
  });

  it('is that of the initrd, or else of the stub', () => {
    expect(of(wanted('b.service'), 261)).toEqual({ events: [], unpredictable: [] });
    expect(of(undefined, 260)).toEqual({ events: [], unpredictable: [] });
    expect(of(undefined, 261).unpredictable).toHaveLength(12);
  });
});

describe('NvPCRs', () => {
  const terms = { parameters: [], stubVersion: 259, opensVolumes: false };
  const of = (files: MadeTree, opensVolumes = false) => {
    const trees = { initrd: madeTree(wanted('b.service')), root: madeTree(files) };
    return nvPcrs(forecast, trees, { ...terms, opensVolumes });
  };
  const done = wanted('systemd-pcrnvdone.service');

  it('are closed in PCR 9', () => {
    const { events, unpredictable } = of(done);
    expect(unpredictable).toEqual([]);
    expect(events).toMatchObject([{ pcr: 9, type: 'nvpcr-separator' }]);
    expect(of(wanted('b.service'))).toEqual({ events: [], unpredictable: [] });
  });

  it('depend on a secret where one is defined', () => {
    const { events, unpredictable } = of({ ...done, '/usr/lib/nvpcr/hardware.nvpcr': '{}' });
    expect(events).toEqual([]);
    expect(unpredictable).toMatchObject([{ pcr: 9, reason: expect.stringContaining('hardware') }]);
  });

  it('depend on a signed policy from v262 on', () => {
    const one = madeTree({ ...done, '/usr/lib/nvpcr/hardware.nvpcr': '{}' });
    const { unpredictable } = nvPcrs(
      forecast,
      { initrd: one, root: one },
      { ...terms, stubVersion: 262 },
    );
    expect(unpredictable).toMatchObject([{ pcr: 9, reason: expect.stringContaining('key') }]);
  });

  it('came with v259', () => {
    const none = { initrd: undefined, root: undefined };
    expect(nvPcrs(forecast, none, { ...terms, stubVersion: 258 }).unpredictable).toEqual([]);
    expect(nvPcrs(forecast, none, terms).unpredictable).toMatchObject([{ pcr: 9 }]);
  });

  it('of volumes are set up with all others, or when one is opened', () => {
    const files = { ...wanted('b.service'), '/usr/lib/nvpcr/cryptsetup.nvpcr': '{}' };
    expect(of(files)).toEqual({ events: [], unpredictable: [] });
    expect(of(files, true).unpredictable).toMatchObject([{ pcr: 9 }]);
    const setup = { ...files, '/usr/lib/systemd/systemd-tpm2-setup': 'program' };
    expect(of(setup).unpredictable).toMatchObject([{ pcr: 9 }]);
  });
});

// systemd src/shared/pcrextend-util.c, src/basic/escape.c (xescape).
describe('the word of a file system', () => {
  it('has seven parts without ambiguity', () => {
    const volume = { type: 'ext4', uuid: 'u-u', label: 'a:b\\c é' };
    const partition = { guid: 'g-g', type: 't-t', name: '' };
    expect(fileSystemWord('/', volume, partition)).toBe(
      'file-system:/:ext4:u-u:a\\x3ab\\x5cc \\xc3\\xa9:g-g:t-t:',
    );
  });
});

describe('the root partition', () => {
  const ROOT = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';
  const partition = (number: number, made: Partial<GptPartition> = {}): GptPartition => ({
    number,
    type: ROOT,
    guid: `d9da3195-59a5-f61f-104e-ea12acf3959${number}`,
    firstLba: 0,
    sectors: 0,
    offset: 0,
    size: 0,
    attributes: 0n,
    name: `root${number}`,
    ...made,
  });
  const find = (commandLine: string, ...partitions: readonly GptPartition[]) =>
    findRootPartition({ partitions }, kernelParameters(commandLine));
  const two = [partition(1), partition(2)];

  it.each([
    ['root=PARTUUID=D9DA3195-59A5-F61F-104E-EA12ACF39592', false],
    ['root="PARTLABEL=root2" quiet', false],
    [`roothash=d9da319559a5f61f104eea12acf39592${'0'.repeat(32)}`, true],
  ])('is named by %s', (commandLine, hasVerity) => {
    expect(find(commandLine, ...two)).toEqual({
      partition: two[1],
      hasVerity,
      isDiscovered: false,
    });
  });

  it('is discovered by its type', () => {
    const found = { partition: two[0], hasVerity: false, isDiscovered: true };
    expect(find('quiet', partition(1))).toEqual(found);
    const hidden = partition(2, { attributes: 1n << 63n });
    expect(find('root=gpt-auto', partition(1), hidden)).toEqual(found);
  });

  it('is found beside a /usr of its own, which its root hash names', () => {
    const usr = partition(2, { type: '8484680c-9521-48c6-9c11-b0720656f69e' });
    const hash = `usrhash=d9da319559a5f61f104eea12acf39592${'0'.repeat(32)}`;
    const found = { partition: two[0], hasVerity: false, isDiscovered: true };
    expect(find(hash, partition(1), usr)).toEqual(found);
    const of = (commandLine: string) =>
      findUsrPartition({ partitions: [partition(1), usr] }, kernelParameters(commandLine));
    expect(of(hash)).toMatchObject({ partition: usr, hasVerity: true });
    expect(of('usrhash=00')).toHaveProperty('unknown');
    expect(of('quiet')).toBeUndefined();
  });

  it.each(['', 'root=/dev/vda2', 'root=PARTLABEL=x', 'systemd.volatile=yes roothash=00'])(
    'is not known with two and %j',
    (commandLine) => {
      expect(find(commandLine, ...two)).toHaveProperty('unknown');
    },
  );
});
