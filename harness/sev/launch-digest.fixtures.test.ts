import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../bytes/hex.ts';
import { FIXTURES_MISSING } from '../formats/testing/fixtures.ts';
import { signatureOf } from './cpu-types.ts';
import { sevDigest, sevEsDigest } from './sev-digest.ts';
import { snpDigest, snpFirmwareDigest } from './snp-digest.ts';
import { hashesTableOf, type LaunchVector, launchFile, VECTORS } from './testing/launch-vectors.ts';
import { VMMS } from './vmsa.ts';

function digestOf(vector: LaunchVector): Uint8Array {
  const firmware = launchFile(vector.ovmf);
  if (vector.mode === 'snp:ovmf-hash') return snpFirmwareDigest(firmware).digest;
  const vmm = VMMS.find((name) => name === vector.vmm_type?.toLowerCase()) ?? 'qemu';
  const vcpus = { count: vector.vcpus ?? 1, signature: vector.vcpu_sig ?? 0 };
  const hashesTable = hashesTableOf(vector);
  if (vector.mode === 'sev') return sevDigest({ firmware, hashesTable }).digest;
  if (vector.mode === 'seves') return sevEsDigest({ firmware, vmm, vcpus, hashesTable }).digest;
  const features = BigInt(vector.guest_features);
  const firmwareDigest = vector.snp_ovmf_hash ? fromHex(vector.snp_ovmf_hash) : undefined;
  return snpDigest({ firmware, vmm, vcpus, features, hashesTable, firmwareDigest }).digest;
}

describe.skipIf(FIXTURES_MISSING)('launch digests of other programs', () => {
  it.each(VECTORS.filter(({ expected }) => expected !== null))('$id ($mode)', (vector) => {
    expect(toHex(digestOf(vector))).toBe(vector.expected);
  });

  it.each(VECTORS.filter(({ expected }) => expected === null))('$id is refused', (vector) => {
    expect(() => digestOf(vector)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it.each(VECTORS.filter(({ vcpu_type }) => vcpu_type))('$id: $vcpu_type', (vector) => {
    expect(signatureOf(vector.vcpu_type ?? '')).toBe(vector.vcpu_sig);
  });
});
