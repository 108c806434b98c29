import { describe, expect, it } from 'vitest';
import { readKernelConfig } from '../../formats/kernel-config.ts';
import { extendPcr, zeroPcr } from '../../measure/bank.ts';
import { bootAggregateEvent, imaStart } from './ima.ts';
import { kernelParameters } from './kernel-parameters.ts';

// PCRs that tpm2_pcrread showed in a guest (Linux 6.12.107, Debian 13, Secure Boot off).
const PCRS = [
  'a2ae8347409a34455ae691b7f4f48233f3b51f3f36489bd4f19df99ee8e67f14',
  '876e0d87f9f57b5d0db85c77e049c3ba3f244aeb96911aaf8b1986889476f2a9',
  '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969',
  '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969',
  '28bb145bf3fd43f846c5b6df55ebae871afc143b2098d1a9674826921aeab860',
  '1bbaa167da894fb7a1d277328c08383e202044db2ecf28dc07ab1fe502d0afa9',
  '3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969',
  '65caf8dd1e0ea7a6347b635d2b379c93b9a1351edc2afc3ecda700e534eb3068',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'ae3489c93cead4dcf6f7becd319bb5cb790a5667b861bbfaa19ea5f1389a6a73',
];
const PCR_10 = {
  sha256: 'c3e4febae54f51a3249d54362aca241af91028c45b80a6ba33696902edcc0695',
  sha384:
    'e03d5e05837dd0c6ec5ee9f88d696988105617c436ff81f3fb88d284a732fbf82729faeb19d42a11c65489447c977390',
};

const banks = ['sha256', 'sha384'] as const;
const values = { sha256: Object.fromEntries(PCRS.map((value, pcr) => [pcr, value])) };

describe('boot_aggregate', () => {
  it.each(banks)('extends PCR 10 as in a recorded boot: %s', (bank) => {
    const event = bootAggregateEvent({ banks }, values, 'ima-sig');
    expect(event).toMatchObject({ pcr: 10, agent: 'ima', description: 'boot_aggregate' });
    expect(extendPcr(bank, zeroPcr(bank), event?.digests[bank] ?? '')).toBe(PCR_10[bank]);
  });

  it('depends on the template, and on every PCR', () => {
    const other = bootAggregateEvent({ banks }, values, 'ima-ng');
    expect(other?.digests).not.toEqual(bootAggregateEvent({ banks }, values, 'ima-sig')?.digests);
    const { 9: _, ...fewer } = values.sha256;
    expect(bootAggregateEvent({ banks }, { sha256: fewer }, 'ima-sig')).toBeUndefined();
    expect(bootAggregateEvent({ banks }, { sha384: values.sha256 }, 'ima-sig')).toBeUndefined();
  });
});

// Linux, security/integrity/ima/Kconfig and drivers/char/tpm/Kconfig.
describe('IMA at the start of a kernel', () => {
  const lines = [
    '# Automatically generated file; DO NOT EDIT.',
    'CONFIG_IMA=y',
    'CONFIG_IMA_MEASURE_PCR_IDX=10',
    'CONFIG_IMA_DEFAULT_TEMPLATE="ima-sig"',
    'CONFIG_IMA_DEFAULT_HASH="sha256"',
    'CONFIG_TCG_TPM=y',
    'CONFIG_TCG_CRB=y',
    '# CONFIG_IMA_APPRAISE_BUILD_POLICY is not set',
  ];
  const start = (text: string, commandLine = 'quiet', isSecureBoot = false) =>
    imaStart(readKernelConfig(text), kernelParameters(commandLine), isSecureBoot);
  const config = lines.join('\n');

  it('measures the PCRs of the firmware alone', () => {
    expect(start(config)).toEqual({ template: 'ima-sig' });
    expect(start(config.replace('ima-sig', 'ima-ng'))).toEqual({ template: 'ima-ng' });
  });

  it('measures nothing where it is not built in', () => {
    expect(start('# CONFIG_IMA is not set\n')).toBe('nothing');
  });

  it.each([
    ['another template', config.replace('ima-sig', 'ima-buf'), ''],
    ['another hash', config.replace('sha256', 'sha512'), ''],
    ['a TPM driver that is a module', config.replace('TCG_CRB=y', 'TCG_CRB=m'), ''],
    ['a policy that is built in', `${config}\nCONFIG_IMA_APPRAISE_BUILD_POLICY=y`, ''],
    ['a policy on the command line', config, 'ima_policy=tcb'],
    ['another template on the command line', config, 'ima_template=ima-ng'],
    ['other security modules', config, 'lsm=landlock'],
  ])('is not known with %s', (_, text, commandLine) => {
    expect(start(text, commandLine)).toHaveProperty('unknown');
  });

  it('measures more with Secure Boot, where the architecture has a policy', () => {
    const policy = `${config}\nCONFIG_IMA_ARCH_POLICY=y`;
    expect(start(policy)).toEqual({ template: 'ima-sig' });
    expect(start(policy, '', true)).toHaveProperty('unknown');
    expect(start(config, '', true)).toEqual({ template: 'ima-sig' });
  });
});
