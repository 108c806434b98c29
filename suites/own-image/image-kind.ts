import { FormatError } from '../../harness/bytes/format-error.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import { readGpt } from '../../harness/formats/gpt.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { isQcow2 } from '../../harness/formats/qcow2.ts';
import { readUki } from '../../harness/formats/uki.ts';
import { isLinuxKernel } from '../../harness/predict/linux/kernel-boot.ts';

/** What a file is that somebody wants judged. */
export type ImageKind = 'raw' | 'qcow2' | 'uki' | 'kernel';

/**
 * Tells what a file is by its content.
 *
 * @throws FormatError where it is nothing that boots: a disk without a sound GPT, or another program
 */
export function imageKind(source: ByteSource): ImageKind {
  if (isQcow2(source)) return 'qcow2';
  const start = Buffer.from(source.read(0, Math.min(source.size, 2))).toString('latin1');
  if (start !== 'MZ') {
    readGpt(source);
    return 'raw';
  }
  if (readUki(source, readPe(source)) !== undefined) return 'uki';
  if (isLinuxKernel(source)) return 'kernel';
  const expected = 'a disk image, a UKI or a Linux kernel';
  throw new FormatError({ file: source.name, offset: 0, expected, found: 'another PE file' });
}
