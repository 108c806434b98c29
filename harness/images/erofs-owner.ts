import { type ErofsLayout, erofsFlatRuns, readErofs } from '../formats/erofs.ts';
import { type ByteRange, type FileSystemImage, MOST_OWNERS } from './file-system-image.ts';

/**
 * Lets fsck.erofs walk through all inodes, and prints the number of those whose compressed data touch
 * a range, and of those that are stored as they are, of which it does not tell where they lie.
 */
const WALK = `fsck.erofs -d9 --offset="$2" "$1" 2>&1 | awk -v start="$3" -v end="$4" '
/ verify data chunk of nid/ { split($0, part, /[()]/); nid = part[2]; if (part[4] % 2 == 0) print "flat", nid }
/ m_pa / { if ($6 < end && start < $6 + $10 && nid != last) { print "owner", nid; last = nid } }'`;

/**
 * Files of an erofs that have bytes in a range.
 *
 * @param range where, in bytes from the start of the file system
 * @returns absolute paths, regular files first, at most {@link MOST_OWNERS}; `undefined` where the file
 *   system is no erofs
 * @throws FormatError where the file system is not sound
 * @throws InfraError where a tool fails; EnvironmentError where there is none
 */
export async function erofsOwners(
  image: FileSystemImage,
  range: ByteRange,
): Promise<readonly string[] | undefined> {
  const layout = readErofs(image.volume);
  if (layout === undefined) return undefined;
  const nids = await ownersOf(image, layout, range);
  const files = await Promise.all(nids.slice(0, MOST_OWNERS).map((nid) => describe(image, nid)));
  return files
    .toSorted((a, b) => Number(b.isRegular) - Number(a.isRegular))
    .map(({ path }) => path);
}

async function ownersOf(
  { volume, path, offset, ask }: FileSystemImage,
  layout: ErofsLayout,
  { start, end }: ByteRange,
): Promise<readonly number[]> {
  const text = await ask('sh', ['-c', WALK, 'sh', path, offset, start, end]);
  const inodes = text
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, nid]) => nid !== undefined && /^[0-9]{1,15}$/.test(nid))
    .map(([kind, nid]) => ({ kind, nid: Number(nid) }));
  const isTouched = (nid: number) =>
    erofsFlatRuns(volume, layout, nid).some(
      (run) => run.offset < end && start < run.offset + run.length,
    );
  const touched = inodes.filter(({ kind, nid }) => kind === 'owner' || isTouched(nid));
  return [...new Set(touched.map(({ nid }) => nid))];
}

async function describe({ path, offset, ask }: FileSystemImage, nid: number) {
  const text = await ask('dump.erofs', [`--offset=${offset}`, `--nid=${nid}`, path]);
  const name = /^Path : (.*)$/m.exec(text)?.[1];
  return { path: name ?? `inode ${nid}`, isRegular: / regular file$/m.test(text) };
}
