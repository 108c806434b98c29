import type { LogEvent } from '../../../harness/measure/log-event.ts';
import { type DoctoredEvent, event, events, record, userspace } from '../doctored-evidence.ts';
import type { Sabotage } from '../sabotage.ts';
import { evidence } from '../words.ts';

/** Boots in which something else was measured: logs and PCRs agree, and are not what was to be booted. */
export const MEASURED_EVENTS: readonly Sabotage[] = [
  evidence(
    'CVM-MB-001',
    { what: 'a boot kit is started before the UKI', says: 'PCR 4 differs first at its event 2' },
    events(
      before(
        'EV_EFI_BOOT_SERVICES_APPLICATION',
        event(4, 'EV_EFI_BOOT_SERVICES_APPLICATION', 'boot kit'),
      ),
    ),
  ),
  evidence(
    'CVM-MB-001',
    {
      what: 'the kernel of the UKI is started without being measured',
      says: 'PCR 4 differs first',
    },
    events((all) => all.toSpliced(lastOf(all, 'EV_EFI_BOOT_SERVICES_APPLICATION'), 1)),
  ),
  evidence(
    'CVM-MB-002',
    {
      what: 'the firmware says that Secure Boot is on, and it is off',
      says: 'PCR 7 differs first at its event 0',
    },
    events(instead(7, 0, event(7, 'EV_EFI_VARIABLE_DRIVER_CONFIG', 'SecureBoot: on'))),
  ),
  evidence(
    'CVM-MB-002',
    {
      what: 'the UKI is started without the entry of db that authorises it',
      says: 'PCR 7 differs first',
      on: 'uki-secure-boot',
    },
    events((all) => all.filter(({ type }) => type !== 'EV_EFI_VARIABLE_AUTHORITY')),
  ),
  evidence(
    'CVM-MB-002',
    {
      what: 'an authority is measured that db does not hold',
      says: 'PCR 7 differs first at its event',
      on: 'uki-secure-boot',
    },
    events((all) => [...all, event(7, 'EV_EFI_VARIABLE_AUTHORITY', 'somebody')]),
  ),
  evidence(
    'CVM-MB-003',
    {
      what: 'the stub measures a section that the UKI does not have',
      says: 'PCR 11 differs first at its event',
    },
    events((all) => [...all, event(11, 'EV_IPL', '.profile')]),
  ),
  evidence(
    'CVM-MB-003',
    { what: 'the system never leaves its initrd', says: 'PCR 11 differs first' },
    userspace((all) => all.filter((text) => !text.includes('leave-initrd'))),
  ),
  evidence(
    'CVM-MB-003',
    { what: 'the system has shut down before it is looked at', says: 'PCR 11 differs first' },
    userspace((all) => [...all, record(11, 'phase', 'shutdown')]),
  ),
  evidence(
    'CVM-MB-009',
    { what: 'the firmware measures a third volume', says: 'PCR 0 differs first' },
    events((all) => [...all, event(0, 'EV_EFI_PLATFORM_FIRMWARE_BLOB', 'volume')]),
  ),
  evidence(
    'CVM-MB-009',
    { what: 'the firmware is of another version', says: 'PCR 0 differs first at its event 0' },
    events(instead(0, 0, event(0, 'EV_S_CRTM_VERSION', 'another version'))),
  ),
  evidence(
    'CVM-MB-010',
    { what: 'the ACPI tables are not QEMU’s', says: 'PCR 1 differs first at its event 0' },
    events(instead(1, 0, event(1, 'EV_PLATFORM_CONFIG_FLAGS', 'ACPI DATA'))),
  ),
  evidence(
    'CVM-MB-010',
    { what: 'there is another boot option', says: 'PCR 1 differs first' },
    events(before('EV_EFI_VARIABLE_BOOT', event(1, 'EV_EFI_VARIABLE_BOOT', 'Boot0002'))),
  ),
  evidence(
    'CVM-MB-011',
    { what: 'an option ROM brings a driver', says: 'PCR 2 differs first at its event' },
    events((all) => [...all, event(2, 'EV_EFI_BOOT_SERVICES_DRIVER', 'option ROM')]),
  ),
  evidence(
    'CVM-MB-011',
    { what: 'a driver has a configuration', says: 'PCR 3 differs first at its event' },
    events((all) => [...all, event(3, 'EV_EFI_VARIABLE_DRIVER_CONFIG', 'configuration')]),
  ),
  evidence(
    'CVM-MB-011',
    { what: 'the machine was resumed from hibernation', says: 'PCR 6 differs first at its event' },
    events((all) => [...all, event(6, 'EV_COMPACT_HASH', 'resume')]),
  ),
  evidence(
    'CVM-MB-011',
    { what: 'GRUB was on the boot path', says: 'PCR 8 differs first at its event 0' },
    events((all) => [...all, event(8, 'EV_IPL', 'grub_cmd: linux')]),
  ),
  evidence(
    'CVM-MB-012',
    { what: 'the boot services were never left', says: 'PCR 5 differs first' },
    events((all) => all.filter(({ type, pcr }) => pcr !== 5 || type !== 'EV_EFI_ACTION')),
  ),
  evidence(
    'CVM-MB-012',
    { what: 'a second disk has a partition table', says: 'PCR 5 differs first' },
    events(before('EV_EFI_GPT_EVENT', event(5, 'EV_EFI_GPT_EVENT', 'another table'))),
  ),
  evidence(
    'CVM-MB-013',
    { what: 'the kernel gets another command line', says: 'PCR 9 differs first at its event 0' },
    events(instead(9, 0, event(9, 'EV_EVENT_TAG', 'init=/bin/sh'))),
  ),
  evidence(
    'CVM-MB-013',
    { what: 'the kernel gets no initrd', says: 'PCR 9 differs first at its event 1' },
    events((all) => all.toSpliced(lastOf(all, 'EV_EVENT_TAG'), 1)),
  ),
  evidence(
    'CVM-MB-014',
    {
      what: 'an addon that nobody expects adds to the command line',
      says: 'PCR 12 differs first at its event 0',
    },
    events((all) => [...all, event(12, 'EV_IPL', 'addon')]),
  ),
  evidence(
    'CVM-MB-014',
    {
      what: 'an extension of the system lies beside the UKI',
      says: 'PCR 13 differs first at its event 0',
    },
    events((all) => [...all, event(13, 'EV_IPL', 'extension')]),
  ),
  evidence(
    'CVM-MB-015',
    {
      what: 'shim was on the boot path, and was not to be',
      says: 'PCR 14 differs first at its event 0',
    },
    events((all) => [...all, event(14, 'EV_IPL', 'MokList')]),
  ),
  evidence(
    'CVM-MB-016',
    { what: 'the root file system is another machine’s', says: 'PCR 15 differs first' },
    userspace((all) =>
      all.map((text) =>
        text.includes('machine-id')
          ? record(15, 'machine-id', `machine-id:${'f'.repeat(32)}`)
          : text,
      ),
    ),
  ),
  evidence(
    'CVM-MB-016',
    { what: 'the machine id is not measured', says: 'PCR 15 differs first at its event 0' },
    userspace((all) => all.filter((text) => !text.includes('machine-id'))),
  ),
];

/** An event stands before the first one of a type. */
function before(type: string, other: DoctoredEvent) {
  return (all: readonly LogEvent[]): readonly DoctoredEvent[] => {
    const at = all.findIndex((one) => one.type === type);
    return [...all.slice(0, at), other, ...all.slice(at)];
  };
}

/** An event stands in the place of the nth one of its PCR. */
function instead(pcr: number, nth: number, other: DoctoredEvent) {
  return (all: readonly LogEvent[]): readonly DoctoredEvent[] => {
    const place = all.filter((one) => one.pcr === pcr)[nth];
    if (place === undefined) throw new TypeError(`PCR ${pcr} has no event ${nth}`);
    return all.map((one) => (one === place ? other : one));
  };
}

function lastOf(all: readonly LogEvent[], type: string): number {
  const at = all.findLastIndex((one) => one.type === type);
  if (at < 0) throw new TypeError(`the log has no ${type}`);
  return at;
}
