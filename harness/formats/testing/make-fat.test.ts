import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { listDirectory, openFat, openFile } from '../fat.ts';
import { makeFat } from './make-fat.ts';

describe('a made FAT volume', () => {
  it('holds what it was made of', () => {
    const large = Buffer.alloc(5000, 'x');
    const made = makeFat({
      'a/b/a name that is long.txt': large,
      'a/empty': '',
      thirteen_long: 'y',
    });
    const volume = openFat(bytesSource('fat', made));
    const file = openFile(volume, 'a\\b\\A NAME THAT IS LONG.TXT');
    expect(Buffer.from(file?.read(0, file.size) ?? [])).toEqual(large);
    expect(listDirectory(volume, '')?.map(({ name }) => name)).toEqual(['a', 'thirteen_long']);
    expect(openFile(volume, 'a/empty')?.size).toBe(0);
  });
});
