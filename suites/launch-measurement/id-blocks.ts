import { generateKeyPairSync } from 'node:crypto';
import { bytesSource } from '../../harness/bytes/source.ts';
import { readIdAuth, signIdBlock } from '../../harness/sev/id-auth.ts';
import {
  encodeIdBlock,
  ID_BLOCK_VERSION,
  ID_BYTES,
  readIdBlock,
} from '../../harness/sev/id-block.ts';
import { verifyIdBlock } from '../../harness/sev/id-verify.ts';
import type { ReportCheck } from '../../harness/sev/report-verify.ts';

/** An ID block with its signatures, as a launch takes them. */
export type SignedIdBlock = { readonly idBlock: Uint8Array; readonly idAuth: Uint8Array };

/** What an ID block says of a launch. */
export type LaunchIdentity = { readonly measurement: Uint8Array; readonly policy: bigint };

/** Signs an ID block with a key of its own. */
export function makeIdBlock({ measurement, policy }: LaunchIdentity): SignedIdBlock {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const ids = { familyId: new Uint8Array(ID_BYTES), imageId: new Uint8Array(ID_BYTES) };
  const idBlock = encodeIdBlock({
    measurement,
    ...ids,
    version: ID_BLOCK_VERSION,
    guestSvn: 0,
    policy,
  });
  return { idBlock, idAuth: signIdBlock(idBlock, { key, file: 'key of the run' }) };
}

/** An ID block that a launch must refuse. */
export type WrongIdBlock = SignedIdBlock & {
  readonly what: string;
  /** Name of the check that refuses it. */
  readonly refusedBy: string;
};

/** ID blocks for another launch, and one that its key did not sign. */
export function wrongIdBlocks({ measurement, policy }: LaunchIdentity): readonly WrongIdBlock[] {
  const other = Uint8Array.from(measurement, (byte) => byte ^ 1);
  const right = makeIdBlock({ measurement, policy });
  const idAuth = Uint8Array.from(right.idAuth);
  const signature = SIGNATURE_OFFSET;
  idAuth[signature] = (idAuth[signature] ?? 0) ^ 1;
  return [
    {
      what: 'an ID block for another launch digest',
      ...makeIdBlock({ measurement: other, policy }),
      refusedBy: 'measurement',
    },
    {
      what: 'an ID block for another policy',
      ...makeIdBlock({ measurement, policy: policy ^ SMT }),
      refusedBy: 'policy',
    },
    { what: 'an ID block with a changed signature', ...right, idAuth, refusedBy: 'signature' },
  ];
}

/** Policy: the guest may run where SMT is on (AMD 56860, 4.3). */
const SMT = 1n << 16n;

/** Where in ID_AUTH the signature of the ID block begins (AMD 56860, SNP_LAUNCH_FINISH). */
const SIGNATURE_OFFSET = 0x40;

/** Verifies an ID block for a launch as the secure processor does. */
export function checkIdBlock(
  { idBlock, idAuth }: SignedIdBlock,
  launch: LaunchIdentity,
): readonly ReportCheck[] {
  const block = readIdBlock(bytesSource('ID block', idBlock));
  return verifyIdBlock(block, readIdAuth(bytesSource('ID_AUTH', idAuth)), launch);
}
