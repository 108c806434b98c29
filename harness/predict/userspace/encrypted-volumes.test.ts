import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { readGpt } from '../../formats/gpt.ts';
import { madeTree } from '../../formats/testing/made-tree.ts';
import { makeGptDisk } from '../../formats/testing/make-gpt.ts';
import { kernelParameters } from '../linux/kernel-parameters.ts';
import { mayOpenVolumes } from './encrypted-volumes.ts';

function diskWith(content: string) {
  const bytes = makeGptDisk({ sectors: 200, partitions: [{ first: 64, last: 100 }] });
  bytes.set(Buffer.from(content, 'latin1'), 64 * 512);
  const disk = bytesSource('disk', bytes);
  return { disk, gpt: readGpt(disk) };
}

const PLAIN = diskWith('plain');
const opens = (disk = PLAIN, files = {}, commandLine = '') =>
  mayOpenVolumes(disk, [madeTree(files)], kernelParameters(commandLine));

describe('an encrypted volume may be opened', () => {
  it('where the disk has one, or is not known', () => {
    expect(opens()).toBe(false);
    expect(opens(diskWith('LUKS\xba\xbe'))).toBe(true);
    expect(mayOpenVolumes(undefined, [], [])).toBe(true);
  });

  it('where a crypttab or the command line may name one', () => {
    expect(opens(PLAIN, { '/etc/crypttab': '' })).toBe(true);
    for (const parameter of ['luks.uuid=a', 'rd.luks.name=a=b', 'luks=yes', 'rd.luks']) {
      expect([parameter, opens(PLAIN, {}, parameter)]).toEqual([parameter, true]);
    }
    expect(opens(PLAIN, {}, 'quiet notluks=1')).toBe(false);
  });
});
