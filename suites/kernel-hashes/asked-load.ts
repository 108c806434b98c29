import { authenticodeDigests } from '../../harness/formats/authenticode.ts';
import type { GuestArea } from '../../harness/formats/ovmf-sev.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { sha256OfFile } from '../../harness/host/sha256-of-file.ts';
import type { KernelLoadCase } from '../../harness/judge/judge-kernel-load.ts';
import { predictKernelLoad } from '../../harness/sev/blob-verifier.ts';
import { NO_INITRD_HASH } from '../../harness/sev/hashes-table.ts';
import type { Given, KernelHashesCase } from './case.ts';
import type { CaseMachines } from './case-machines.ts';
import { commandLineDigest } from './observed-load.ts';

/** Digest of nothing: a blob that is not there. */
const NOTHING = Buffer.from(NO_INITRD_HASH).toString('hex');

/**
 * What a run of a case is made for, and what the firmware is to make of it.
 *
 * @param area where the firmware looks for the table
 */
export async function askedLoad(
  one: KernelHashesCase,
  area: GuestArea,
  machines: CaseMachines,
): Promise<KernelLoadCase> {
  const { what, wanted, given } = one;
  const table = await tableInMemory(one, area, machines);
  const blobs = await digestsOf(given, machines);
  const fetched = {
    kernel: blobs['kernel'] ?? NOTHING,
    initrd: blobs['initrd'] ?? NOTHING,
    cmdline: blobs['cmdline'] ?? NOTHING,
    hasKernel: given.kernel !== undefined,
    hasShim: given.shim !== undefined,
  };
  const started = given.shim ?? given.kernel;
  const program = started && (await authenticode(await machines.inputs.path(started)));
  const predicted = predictKernelLoad(table, fetched);
  return { what, wanted, predicted, program, table, given: blobs };
}

/** What the area for the table holds in a case. */
export async function tableInMemory(
  one: KernelHashesCase,
  area: GuestArea,
  machines: CaseMachines,
): Promise<Uint8Array> {
  const memory = new Uint8Array(area.size);
  memory.set((await machines.table(one)) ?? []);
  return memory;
}

async function digestsOf({ kernel, initrd, shim, cmdline = '' }: Given, { inputs }: CaseMachines) {
  const digests: Record<string, string> = {};
  for (const [what, name] of Object.entries({ kernel, initrd, shim })) {
    if (name !== undefined) digests[what] = await sha256OfFile(await inputs.path(name));
  }
  return kernel === undefined ? digests : { ...digests, cmdline: commandLineDigest(cmdline) };
}

async function authenticode(path: string): Promise<string | undefined> {
  using source = await openSource(path);
  return authenticodeDigests(source, readPe(source), ['sha256'])['sha256'];
}
