import { readVariableStore } from '../../../harness/formats/efi-variable-store.ts';
import type { Machine } from '../../../harness/machine/machine.ts';
import { predictFromFiles } from '../../predict-from-files.ts';
import { bitBehind, bitOfSection, brokenUki, type ChangeFile } from '../changed-files.ts';
import type { Sabotage } from '../sabotage.ts';
import { file, machine } from '../words.ts';

/** Systems that are not the one that was to be booted: a file, the firmware or the machine differs. */
export const OTHER_SYSTEMS: readonly Sabotage[] = [
  file(
    'CVM-MB-001',
    { what: 'a bit of the UKI’s kernel is another', says: 'PCR 4 differs first at its event' },
    diskOf,
    bitOfSection('.linux'),
  ),
  file(
    'CVM-MB-003',
    { what: 'a bit of the UKI’s initrd is another', says: 'PCR 11 differs first at its event 7' },
    diskOf,
    bitOfSection('.initrd'),
  ),
  file(
    'CVM-MB-003',
    {
      what: 'a bit of the UKI’s command line is another',
      says: 'PCR 11 differs first at its event 5',
    },
    diskOf,
    bitOfSection('.cmdline'),
  ),
  file(
    'CVM-MB-003',
    {
      what: 'a bit of the UKI’s os-release is another',
      says: 'PCR 11 differs first at its event 3',
    },
    diskOf,
    bitOfSection('.osrel'),
  ),
  file(
    'CVM-MB-013',
    { what: 'a bit of the initrd is another', says: 'PCR 9 differs first at its event 1' },
    diskOf,
    bitOfSection('.initrd'),
  ),
  file(
    'CVM-MB-013',
    { what: 'a bit of the command line is another', says: 'PCR 9 differs first at its event 0' },
    diskOf,
    bitOfSection('.cmdline'),
  ),
  file(
    'CVM-MB-001',
    { what: 'the disk has nothing to boot', says: 'expected PE signature' },
    diskOf,
    brokenUki,
  ),
  file(
    'CVM-MB-002',
    {
      what: 'db holds another certificate',
      says: 'PCR 7 differs first at its event 3',
      on: 'uki-secure-boot',
    },
    varsOf,
    bitOfVariable('db'),
  ),
  file(
    'CVM-MB-002',
    {
      what: 'KEK holds another certificate',
      says: 'PCR 7 differs first at its event 2',
      on: 'uki-secure-boot',
    },
    varsOf,
    bitOfVariable('KEK'),
  ),
  machine(
    'CVM-MB-002',
    { what: 'Secure Boot is off, and was to be on', says: 'PCR 7 differs first at its event 0' },
    async ({ machine: off, platform }, bench, signal) => {
      const { machine: on } = await bench.boot('uki-secure-boot', signal);
      return await predictFromFiles(withVars(off, varsOf(on)), platform);
    },
  ),
  machine(
    'CVM-MB-001',
    { what: 'the disk is another machine’s', says: 'PCR 4 differs first at its event 2' },
    async ({ machine: usual, platform }, bench, signal) => {
      const { machine: other } = await bench.boot('uki-other-cmdline', signal);
      return await predictFromFiles({ ...usual, boot: other.boot }, platform);
    },
  ),
  machine(
    'CVM-MB-009',
    { what: 'the firmware is another generation’s', says: 'PCR 0 differs first at its event 0' },
    async ({ machine: usual, platform }, { stock }) => {
      const { code } = stock.firmware('2026.08', 'secure-boot');
      return await predictFromFiles(
        { ...usual, firmware: { kind: 'pflash', code: code.path, vars: varsOf(usual), smm: true } },
        platform,
      );
    },
  ),
  machine(
    'CVM-MB-010',
    { what: 'the machine has a vCPU more', says: 'PCR 1 differs first at its event' },
    async ({ machine: usual }, bench, signal) => {
      const larger = { ...usual, vcpus: usual.vcpus + 1 };
      return await predictFromFiles(larger, await bench.platform(larger, signal));
    },
  ),
  machine(
    'CVM-MB-010',
    { what: 'the machine has more memory', says: 'PCR 1 differs first at its event' },
    async ({ machine: usual }, bench, signal) => {
      const larger = { ...usual, memoryMiB: usual.memoryMiB * 2 };
      return await predictFromFiles(larger, await bench.platform(larger, signal));
    },
  ),
];

function diskOf({ name, boot }: Machine): string {
  if (boot.kind !== 'disk') throw new TypeError(`${name} boots no disk`);
  return boot.path;
}

function varsOf({ name, firmware }: Machine): string {
  if (firmware.kind !== 'pflash') throw new TypeError(`${name} has no variable store`);
  return firmware.vars;
}

function withVars(machine: Machine, vars: string): Machine {
  if (machine.firmware.kind !== 'pflash') throw new TypeError(`${machine.name} has no store`);
  return { ...machine, firmware: { ...machine.firmware, vars } };
}

/** The last bit but a few of what a variable holds. */
function bitOfVariable(name: string): ChangeFile {
  return (store) => {
    const { variables } = readVariableStore(store);
    const found = variables.find((one) => one.name === name);
    if (found === undefined) throw new TypeError(`${store.name} has no ${name}`);
    return bitBehind(found.data, found.data.length - 8)(store);
  };
}
