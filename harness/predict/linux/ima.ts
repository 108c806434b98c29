import { type Bank, digestsOf } from '../../measure/bank.ts';
import type { ExpectedEvent, PcrValues } from '../../measure/event.ts';
import type { Forecast } from '../prediction.ts';
import type { KernelParameter } from './kernel-parameters.ts';

const PCR = 10;

/** The PCRs that IMA puts together, from Linux 5.8 on. */
const AGGREGATED = Array.from({ length: 10 }, (_, pcr) => pcr);

/** What IMA hashes them with, where the kernel is configured so; their values are those of this bank. */
const ALGORITHM = 'sha256';

const NAME = 'boot_aggregate';

/** Templates, by how many fields without bytes follow the name. */
const TEMPLATES = new Map([
  ['ima-ng', 0],
  ['ima-sig', 1],
]);

/** Settings of a kernel that measures the firmware's PCRs, and of the TPM device of the machine. */
const NEEDED = [
  ['CONFIG_IMA_MEASURE_PCR_IDX', String(PCR)],
  ['CONFIG_IMA_DEFAULT_HASH', ALGORITHM],
  ['CONFIG_TCG_TPM', 'y'],
  ['CONFIG_TCG_CRB', 'y'],
] as const;

/** Settings that bring a policy of their own; the first two with Secure Boot. */
const POLICIES_OF_SECURE_BOOT = ['CONFIG_IMA_ARCH_POLICY', 'CONFIG_IMA_SECURE_AND_OR_TRUSTED_BOOT'];
const POLICY = 'CONFIG_IMA_APPRAISE_BUILD_POLICY';

/** Parameters that change what IMA does, or whether it runs. */
const PARAMETERS = /^(ima|ima_\w+|evm|integrity_\w+|lsm|security|tpm\.\w+|tpm_crb\.\w+)$/;

/** What a kernel's IMA measures before any file: nothing, the firmware's PCRs, or why it is not known. */
export type ImaStart = 'nothing' | { readonly template: string } | { readonly unknown: string };

/**
 * Finds out what IMA measures at the start of a kernel.
 *
 * @param config how the kernel was configured
 * @param parameters the kernel's
 * @param isSecureBoot whether Secure Boot is on
 * @see Linux, security/integrity/ima/Kconfig, Documentation/admin-guide/kernel-parameters.txt
 */
export function imaStart(
  config: ReadonlyMap<string, string>,
  parameters: readonly KernelParameter[],
  isSecureBoot: boolean,
): ImaStart {
  if (config.get('CONFIG_IMA') !== 'y') return 'nothing';
  const told = parameters.find(({ key }) => PARAMETERS.test(key));
  if (told !== undefined) return { unknown: `IMA depends on the kernel's parameter ${told.key}` };
  const odd = NEEDED.find(([name, value]) => config.get(name) !== value);
  if (odd !== undefined) return { unknown: `what IMA does without ${odd.join('=')}` };
  const policies = isSecureBoot ? [...POLICIES_OF_SECURE_BOOT, POLICY] : [POLICY];
  const policy = policies.find((name) => config.get(name) === 'y');
  if (policy !== undefined) return { unknown: `IMA measures files as ${policy} asks for` };
  const template = [...TEMPLATES.keys()].find(
    (name) => config.get('CONFIG_IMA_DEFAULT_TEMPLATE') === name,
  );
  return template === undefined ? { unknown: "IMA's template is another" } : { template };
}

/**
 * Forecasts the first event of IMA, `boot_aggregate`: a hash over PCR 0 to 9 as the kernel finds them.
 *
 * @param forecast which banks
 * @param values PCRs after the firmware and the kernel's EFI stub
 * @param template `ima-ng` or `ima-sig`
 * @returns `undefined` where not all of PCR 0 to 9 are known in the bank of IMA's hash
 * @see Linux 5.8 and newer, security/integrity/ima/ima_crypto.c (ima_calc_boot_aggregate_tfm,
 *   ima_calc_field_array_hash_tfm)
 */
export function bootAggregateEvent(
  { banks }: Forecast,
  values: PcrValues,
  template: string,
): ExpectedEvent | undefined {
  const known = AGGREGATED.flatMap((pcr) => values[ALGORITHM]?.[pcr] ?? []);
  if (known.length < AGGREGATED.length) return undefined;
  const aggregate = Buffer.from(sha256(Buffer.from(known.join(''), 'hex')), 'hex');
  const empty = Array.from({ length: TEMPLATES.get(template) ?? 0 }, () => Buffer.alloc(0));
  const digest = Buffer.concat([Buffer.from(`${ALGORITHM}:\0`), aggregate]);
  const fields = [digest, Buffer.from(`${NAME}\0`), ...empty];
  const measured = Buffer.concat(fields.flatMap((field) => [lengthOf(field), field]));
  return {
    pcr: PCR,
    type: template,
    agent: 'ima',
    description: NAME,
    digests: digestsOf(banks, measured),
    data: measured.toString('hex'),
  };
}

function sha256(bytes: Uint8Array): string {
  const bank: Bank = ALGORITHM;
  return digestsOf([bank], bytes)[bank] ?? '';
}

/** The length of a field, 32 bits little-endian. */
function lengthOf(field: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(field.length);
  return length;
}
