import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InfraError } from '../host/errors.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { Machine } from '../machine/machine.ts';
import { BOOT_STAGES, type StageName } from './boot-stages.ts';

/** Names of the files of a snapshot, besides the folder of its TPM's certificates. */
export const SNAPSHOT_FILES = {
  /** QEMU's migration stream: memory, devices, the TPM. */
  state: 'state',
  /** The variable store, where the firmware has one. */
  vars: 'vars.fd',
  /** The overlay on the machine's disk, where it boots from one. */
  overlay: 'disk.qcow2',
} as const;

/** What the folder of certificates of the TPM is called. */
export const SNAPSHOT_CERTIFICATES = 'certificates';

const INDEX = 'snapshot.json';

const STAGES = BOOT_STAGES.map(({ name }) => name) as [StageName, ...StageName[]];

const Kept = z.strictObject({ bytes: z.int().nonnegative(), sha256: z.string() });

/** What a snapshot is, as its folder says. */
const SnapshotIndex = z.strictObject({
  key: z.string(),
  /** With absolute paths. */
  machine: Machine,
  accelerator: z.enum(['kvm', 'tcg']),
  /** The stage that the boot had come to. */
  stage: z.enum(STAGES),
  /** QEMU's arguments, with files by their parts. */
  arguments: z.array(z.string()),
  /** What QEMU and swtpm say of their versions. */
  tools: z.record(z.string(), z.string()),
  /** By name. */
  files: z.record(z.string(), Kept),
  /** ISO 8601, UTC. */
  takenAt: z.string(),
});

export type SnapshotIndex = z.infer<typeof SnapshotIndex>;

/** A VM that was stopped and written down: a folder from which any number of VMs go on. */
export type Snapshot = SnapshotIndex & {
  /** Absolute path of the folder. */
  readonly directory: string;
};

/** Path of the index in a snapshot's folder. */
export function snapshotIndexFile(directory: string): string {
  return join(directory, INDEX);
}

/**
 * Opens a snapshot and makes sure that every byte of it is as it was written: QEMU itself does not
 * notice other bytes in the guest's memory.
 *
 * @param directory absolute path of its folder
 * @throws InfraError where it is damaged
 */
export async function openSnapshot(directory: string): Promise<Snapshot> {
  const snapshot = { ...(await readIndex(directory)), directory };
  await requireWhole(snapshot);
  for (const [name, { sha256 }] of Object.entries(snapshot.files)) {
    if ((await sha256OfFile(join(directory, name))) === sha256) continue;
    throw damaged(snapshot.key, `${name} has another SHA-256 than it was written with`);
  }
  return snapshot;
}

/**
 * Makes sure that a snapshot is still there, in its full size.
 *
 * @throws InfraError where it is not
 */
export async function requireWhole({ key, directory, files }: Snapshot): Promise<void> {
  for (const [name, { bytes }] of Object.entries(files)) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found?.size === bytes) continue;
    const observed = found === undefined ? 'is not there' : `has ${found.size} bytes`;
    throw damaged(key, `${name} ${observed} instead of ${bytes} bytes`);
  }
}

async function readIndex(directory: string): Promise<SnapshotIndex> {
  try {
    const text = await readFile(snapshotIndexFile(directory), 'utf8');
    return SnapshotIndex.parse(JSON.parse(text));
  } catch {
    throw damaged(directory, 'its index cannot be read');
  }
}

function damaged(which: string, problem: string): InfraError {
  return new InfraError({ tool: 'snapshot', problem: `${which} is damaged: ${problem}` });
}
