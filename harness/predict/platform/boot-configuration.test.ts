import { describe, expect, it } from 'vitest';
import { type MadeOvmf, madeOvmf } from '../../formats/testing/make-ovmf.ts';
import { makeQemuSmbios } from '../testing/made-smbios.ts';
import { bootConfiguration } from './boot-configuration.ts';

/** The types of the events on either side of the separators. */
function typesOf(made: MadeOvmf) {
  const { anchor, tables } = makeQemuSmbios([], [2, 8]);
  const fwCfg = new Map([
    ['etc/smbios/smbios-anchor', anchor],
    ['etc/smbios/smbios-tables', tables],
  ]);
  const firmware = { build: madeOvmf(made), store: { authenticated: true, variables: [] } };
  const configuration = bootConfiguration({ banks: ['sha256'] }, firmware, 'kernel', { fwCfg });
  const types = (side: 'beforeSeparators' | 'afterSeparators') =>
    configuration[side].events.map(({ type }) => type);
  return [types('beforeSeparators'), types('afterSeparators')];
}

const VARIABLES = Array.from({ length: 3 }, () => 'EV_EFI_VARIABLE_BOOT');
const TABLE = 'EV_EFI_HANDOFF_TABLES';

// As measured by Debian's OVMF 2026.08: OVMF_CODE_4M.fd, OVMF_CODE_4M.secboot.fd, OVMF.amdsev.fd.
describe('what is measured when the firmware is ready to boot', () => {
  it('begins with the SMBIOS table', () => {
    expect(typesOf({})).toEqual([[TABLE, ...VARIABLES], []]);
  });

  it('ends with the SMBIOS table where variables are kept in SMM', () => {
    expect(typesOf({ needsSmm: true })).toEqual([VARIABLES, [TABLE]]);
  });

  it('has no SMBIOS table in the AmdSev build', () => {
    expect(typesOf({ isAmdSev: true })).toEqual([VARIABLES, []]);
  });
});
