import type { FuzzTarget } from './target.ts';
import { DISK_TARGETS } from './targets/disk.ts';
import { DOCUMENT_TARGETS } from './targets/documents.ts';
import { FIRMWARE_TARGETS } from './targets/firmware.ts';
import { LOG_TARGETS } from './targets/logs.ts';
import { PE_TARGETS } from './targets/pe.ts';
import { PLATFORM_TARGETS } from './targets/platform.ts';
import { SEALED_KEY_TARGETS } from './targets/sealed-keys.ts';
import { SEV_TARGETS } from './targets/sev.ts';
import { TEXT_TARGETS } from './targets/texts.ts';
import { TPM_TARGETS } from './targets/tpm.ts';
import { TREE_TARGETS } from './targets/trees.ts';
import { VARIABLE_TARGETS } from './targets/variables.ts';
import { VERITY_TARGETS } from './targets/verity.ts';

/** Every reader that is fuzzed. */
export const TARGETS: readonly FuzzTarget[] = [
  ...DISK_TARGETS,
  ...PE_TARGETS,
  ...FIRMWARE_TARGETS,
  ...VARIABLE_TARGETS,
  ...LOG_TARGETS,
  ...SEV_TARGETS,
  ...TEXT_TARGETS,
  ...VERITY_TARGETS,
  ...TREE_TARGETS,
  ...TPM_TARGETS,
  ...PLATFORM_TARGETS,
  ...SEALED_KEY_TARGETS,
  ...DOCUMENT_TARGETS,
];
