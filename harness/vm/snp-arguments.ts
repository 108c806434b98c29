import type { Machine } from '../machine/machine.ts';

/** Ids of QEMU's objects. */
const GUEST = 'sev0';
const MEMORY = 'ram1';

/** What QEMU's `-machine` says of a confidential guest; empty where the machine is none. */
export function snpMachineOptions({ sev }: Machine): string {
  return sev === undefined ? '' : `,confidential-guest-support=${GUEST},memory-backend=${MEMORY}`;
}

/**
 * QEMU's objects of an SEV-SNP guest (QEMU, docs/system/i386/amd-memory-encryption.rst; qapi/qom.json,
 * SevSnpGuestProperties); none where the machine is no confidential guest.
 */
export function snpObjects(machine: Machine): readonly string[] {
  if (machine.sev === undefined) return [];
  const memory = `memory-backend-memfd,id=${MEMORY},size=${machine.memoryMiB}M,share=true`;
  const guest = Object.entries(guestProperties(machine.sev)).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return ['-object', memory, '-object', ['sev-snp-guest', `id=${GUEST}`, ...guest].join(',')];
}

/** Properties by QEMU's names; what is absent is left to QEMU. */
function guestProperties(sev: NonNullable<Machine['sev']>) {
  return {
    cbitpos: sev.cbitpos,
    'reduced-phys-bits': sev.reducedPhysBits,
    policy: typeof sev.policy === 'number' ? `0x${sev.policy.toString(16)}` : sev.policy,
    'kernel-hashes': sev.kernelHashes ? 'on' : 'off',
    'host-data': sev.hostData && Buffer.from(sev.hostData, 'hex').toString('base64'),
    'id-block': sev.idBlock,
    'id-auth': sev.idAuth,
    'author-key-enabled': sev.authorKey ? 'on' : undefined,
  };
}
