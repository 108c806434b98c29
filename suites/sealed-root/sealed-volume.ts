import { bytesSource } from '../../harness/bytes/source.ts';
import { readLuks2Tokens } from '../../harness/formats/luks2-header.ts';
import type { SealedVolume } from '../../harness/judge/judge-sealed-volume.ts';
import type { SealedBoot } from './sealed-boots.ts';
import type { SealedInputs } from './sealed-inputs.ts';
import { SEALED_PCRS, VOLUMES, type VolumeName } from './volumes.ts';

/** Where the headers of volumes are known from. */
export type SealedHeaders = {
  /** The boot that enrolls the key that is not sealed ahead of time. */
  readonly genuine: SealedBoot;
  readonly inputs: SealedInputs;
};

/** A volume as judges want it. */
export function volumeOf(name: VolumeName, headers: SealedHeaders): SealedVolume {
  return { name: VOLUMES[name], policy: tokenOf(name, headers), pcrs: SEALED_PCRS[name] };
}

/**
 * The digest of a policy as the volume's header has it, lower-case hex; `none` where it has no key of a TPM.
 *
 * @throws FormatError where the header that the guest showed is damaged
 */
export function tokenOf(name: VolumeName, { genuine, inputs }: SealedHeaders): string {
  const policy = inputs.tokens[name];
  if (policy !== undefined) return policy;
  const header = Buffer.from(genuine.answers?.header ?? '', 'base64');
  const [token] = readLuks2Tokens(bytesSource(`header of ${VOLUMES[name]}`, header));
  return token?.policyHash ?? 'none';
}
