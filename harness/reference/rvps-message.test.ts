import { describe, expect, it } from 'vitest';
import { rvpsMessage } from './rvps-message.ts';

const VALUES = {
  banks: { sha256: { 4: 'aa'.repeat(32), 11: 'bb'.repeat(32) }, sha384: { 7: 'cc'.repeat(48) } },
  snpLaunchDigest: 'dd'.repeat(48),
  omitted: [{ pcr: 0, reason: 'no rule' }],
  provenance: { tool: 't 1', from: 'forecast', phase: '', files: [], learned: [] },
} as const;

describe('a message to the RVPS', () => {
  it("has the names of Trustee's policy, and lists of values", () => {
    const { version, type, payload } = rvpsMessage(VALUES);
    expect({ version, type }).toEqual({ version: '0.1.0', type: 'sample' });
    // attestation-service/src/ear_token/ear_default_policy_cpu.rego of trustee 78962cd4.
    expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toEqual({
      tpm_pcr04: ['aa'.repeat(32)],
      tpm_pcr11: ['bb'.repeat(32)],
      snp_pcr11: ['bb'.repeat(32)],
      tdx_pcr11: ['bb'.repeat(32)],
      snp_launch_measurement: ['dd'.repeat(48)],
    });
  });

  it('says what is left out beside the payload', () => {
    expect(rvpsMessage(VALUES).provenance).toMatchObject({ tool: 't 1', omitted: VALUES.omitted });
  });
});
