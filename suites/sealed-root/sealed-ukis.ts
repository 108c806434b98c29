import { join } from 'node:path';
import { openSource } from '../../harness/host/file-source.ts';
import { keptPcrKey } from '../../harness/images/pcr-key.ts';
import { cmdlineOf, type PcrSignature, rebuildUki } from '../../harness/images/rebuild-uki.ts';
import { writeSection } from '../../harness/images/uki-section.ts';
import type { DiskContext } from './disk-context.ts';

/** The only phase of the boot for which values of PCR 11 are signed. */
export const SIGNED_PHASE = 'enter-initrd';

/** Words behind the command line that no program looks at. */
const OTHER_WORD = 'cvm.twin=1';
const RELEASE_WORD = 'cvm.release=2';

/** Paths of UKIs of one kernel and one initrd, all signed with the key of the image. */
export type SealedUkis = {
  /** What the keys are sealed for. */
  readonly genuine: string;
  /** Another command line, and the signature of PCR 11 of the genuine one. */
  readonly otherCmdline: string;
  /** Another command line, and a signature of its own PCR 11. */
  readonly otherRelease: string;
  /** Public key of whose signatures of PCR 11 count, PEM. */
  readonly signer: string;
  /** Signatures of PCR 11 that the genuine one carries, JSON. */
  readonly signature: string;
};

/**
 * Makes the UKIs of the suite.
 *
 * @throws InfraError where a tool fails
 */
export async function makeSealedUkis(context: DiskContext): Promise<SealedUkis> {
  const { image, directory, cache, tools, run } = context;
  const { publicKey, privateKey } = await keptPcrKey(cache, tools, run);
  using original = await openSource(image.uki);
  const cmdline = cmdlineOf(original);
  const build = (name: string, text: string, pcrSignature: PcrSignature) => {
    const change = { cmdline: text, pcrSignature };
    return rebuildUki(image.uki, change, join(directory, name), image.keys, tools, run);
  };
  const signed = { publicKey, sign: { privateKey, phases: [SIGNED_PHASE] } };
  const genuine = await build('genuine', cmdline, signed);
  const carriedOver = join(directory, 'genuine.pcrsig');
  using source = await openSource(genuine);
  await writeSection(source, '.pcrsig', carriedOver);
  const stale = { publicKey, carriedOver };
  return {
    genuine,
    otherCmdline: await build('other-cmdline', `${cmdline} ${OTHER_WORD}`, stale),
    otherRelease: await build('other-release', `${cmdline} ${RELEASE_WORD}`, signed),
    signer: publicKey,
    signature: carriedOver,
  };
}
