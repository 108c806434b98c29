import type { ReferenceValues } from './reference-values.ts';

/** A message as Trustee's Reference Value Provider Service takes it. */
export type RvpsMessage = {
  readonly version: '0.1.0';
  readonly type: 'sample';
  /** Base64 of a JSON object: name of a reference value, list of values. */
  readonly payload: string;
  /** For people: the service reads the three keys above, and no others. */
  readonly provenance: ReferenceValues['provenance'] & Pick<ReferenceValues, 'omitted'>;
};

/** Names under which the default policy asks for PCR 11, of Azure's vTPMs too. */
const PCR_11_NAMES = ['snp_pcr11', 'tdx_pcr11'];

/**
 * Reference values as a message to Confidential Containers' RVPS, for `rvps-tool register`
 * (confidential-containers/trustee 78962cd4: rvps/src/lib.rs, rvps/src/extractors/sample).
 *
 * PCRs have the names of its `tpm` claims with `tpm_` in front, two digits each: its default policy
 * asks for `tpm_pcr11`, and for `snp_pcr11` and `tdx_pcr11` where the vTPM is Azure's; other PCRs follow the
 * same form, for a policy that asks for them. Its verifiers read the SHA-256 bank alone. The launch
 * digest is `snp_launch_measurement`, in lower-case hex, as its `snp` claims have it.
 *
 * @param values what to register; banks other than SHA-256 are left out
 */
export function rvpsMessage(values: ReferenceValues): RvpsMessage {
  const { banks, snpLaunchDigest, omitted, provenance } = values;
  const pcrs = Object.entries(banks.sha256 ?? {}).flatMap(([pcr, value]) =>
    namesOf(Number(pcr)).map((name): [string, string[]] => [name, [value]]),
  );
  const launch: [string, string[]][] =
    snpLaunchDigest === undefined ? [] : [['snp_launch_measurement', [snpLaunchDigest]]];
  const payload = JSON.stringify(Object.fromEntries([...pcrs, ...launch]));
  return {
    version: '0.1.0',
    type: 'sample',
    payload: Buffer.from(payload).toString('base64'),
    provenance: { ...provenance, omitted },
  };
}

function namesOf(pcr: number): readonly string[] {
  const name = `tpm_pcr${String(pcr).padStart(2, '0')}`;
  return pcr === 11 ? [name, ...PCR_11_NAMES] : [name];
}
