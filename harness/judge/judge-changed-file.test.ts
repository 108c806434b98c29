import { describe, expect, it } from 'vitest';
import { type ChangedFile, judgeChangedFile } from './judge-changed-file.ts';

const WELL = { exitCode: 0, content: 'CoCo', error: '' };
const REFUSED = {
  exitCode: 1,
  content: '',
  error: "head: error reading '/coco': Input/output error\n",
};
const file: ChangedFile = {
  path: '/coco',
  content: 'CoCo',
  changed: 'DoCo',
  block: 8,
  owners: ['/coco'],
  before: WELL,
  during: REFUSED,
  after: WELL,
  kernelLog: ['[ 27.5] device-mapper: verity: 254:2: data block 8 is corrupted'],
};
const judge = (change: Partial<ChangedFile> = {}) =>
  judgeChangedFile({ ...file, ...change }, { reads: 'reads.json', kernelLog: 'dmesg.txt' }).map(
    ({ state }) => state,
  );

describe('a file that was changed on the disk', () => {
  it('is refused, and its block is named', () => {
    expect(judge()).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  it('must not be read, changed or not', () => {
    expect(judge({ during: { ...WELL, content: 'DoCo' } })[2]).toBe('fail');
    expect(judge({ during: WELL })[2]).toBe('fail');
    expect(judge({ during: { ...REFUSED, error: 'head: Permission denied' } })[2]).toBe('fail');
  });

  it('proves nothing where it cannot be read anyway, or is not known beforehand', () => {
    expect(judge({ before: REFUSED })[1]).toBe('vacuous');
    expect(judge({ after: REFUSED })[1]).toBe('vacuous');
    expect(judge({ owners: [] })[0]).toBe('vacuous');
    expect(judge({ owners: ['/coco', '/etc/passwd'] })[0]).toBe('vacuous');
  });

  it('has its own block named, and no other', () => {
    const other = file.kernelLog.map((line) => line.replace('block 8', 'block 80'));
    expect(judge({ kernelLog: other })[3]).toBe('fail');
    expect(judge({ kernelLog: [] })[3]).toBe('fail');
  });
});
