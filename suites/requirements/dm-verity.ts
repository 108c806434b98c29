import type { Requirement } from './requirement.ts';

const chapter = 'dm-verity';

const KERNEL = 'Linux Documentation/admin-guide/device-mapper/verity.rst';

const DM_VERITY_REQUIREMENTS = [
  {
    id: 'CVM-DV-001',
    chapter,
    level: 'MUST',
    sentence:
      'No bit of data or tree that changes beneath a running guest reaches it: exactly what it stands for cannot be read, and can be once it is as it was.',
    citation: KERNEL,
    shownBy:
      'reads with O_DIRECT in the guest while bits of the disk are flipped, against what the hash tree says of each',
  },
  {
    id: 'CVM-DV-002',
    chapter,
    level: 'MUST',
    sentence:
      'A file whose bytes change on the disk cannot be read, and the kernel names the block that the file was known to lie in.',
    citation: KERNEL,
    shownBy:
      'the error of reading /coco, which holds CoCo, and the kernel log; before the change and behind it the file reads well',
  },
] as const satisfies readonly Requirement[];

/** Integrity of the root file system. */
export const DM_VERITY: readonly Requirement[] = DM_VERITY_REQUIREMENTS;
