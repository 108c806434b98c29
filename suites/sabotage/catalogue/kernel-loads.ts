import { judgeForkedLoad } from '../../../harness/judge/judge-forked-load.ts';
import type { JudgedLoad, ObservedLoad } from '../../../harness/judge/judge-kernel-load.ts';
import { judgeLaunchDigests } from '../../../harness/judge/judge-launch-digests.ts';
import { FIRMWARE_RUN_FILES } from '../../../harness/vm/firmware-run.ts';
import type { Sabotage } from '../sabotage.ts';
import { load, made } from '../words.ts';

const STARTED = 'the firmware does not do what its source says: a program is started';

/** Firmware that boots what it should refuse, refuses what it should boot, or was given something else. */
export const KERNEL_LOADS: readonly Sabotage[] = [
  load(
    'good',
    {
      what: 'the firmware refuses what the table lists',
      says: 'does not do what its source says: QemuKernelLoaderFsDxe goes round in circles',
    },
    () => ({ end: 'halted', stoppedIn: 'QemuKernelLoaderFsDxe', programs: [] }),
  ),
  load(
    'good',
    {
      what: 'another program than the listed one is measured',
      says: 'the TPM was not sent what was expected',
    },
    () => ({ programs: ['ee'.repeat(32)] }),
  ),
  load(
    'good',
    {
      what: 'the program is started and not measured',
      says: 'the TPM was not sent what was expected',
    },
    () => ({ programs: [] }),
  ),
  ...(
    [
      ['kernel-bit', 'a kernel with one bit changed is booted'],
      ['kernel-replaced', 'a kernel that the table does not list is booted'],
      ['initrd-bit', 'an initrd with one bit changed is booted'],
      ['cmdline-space-added', 'a command line with a space more is booted'],
      ['table-absent', 'a kernel is booted without a table'],
      ['table-guid', 'a table with another GUID is taken for one'],
      ['hash-31', 'a hash of 31 bytes is good enough'],
      ['entry-endless', 'an entry of length 0 is passed over'],
      ['bad-first', 'the second entry for the kernel counts'],
    ] as const
  ).map(([name, what]) => load(name, { what, says: STARTED }, booted)),
  load(
    'kernel-bit',
    {
      what: 'a changed kernel is measured before it is refused',
      says: 'the TPM was not sent what was expected',
    },
    ({ asked }) => ({ programs: [asked.program ?? 'a program'] }),
  ),
  load(
    'kernel-bit',
    {
      what: 'somebody else than the loader stops the boot',
      says: 'does not do what its source says: BdsDxe goes round in circles',
    },
    () => ({ stoppedIn: 'BdsDxe' }),
  ),
  {
    ...load(
      'kernel-bit',
      { what: 'the changed kernel was never given to QEMU', says: 'not what was meant: kernel' },
      ({ observed }) => ({ given: { ...observed.given, kernel: 'ee'.repeat(32) } }),
    ),
    state: 'vacuous',
  },
  {
    ...load(
      'table-guid',
      {
        what: 'the changed table is not in guest memory',
        says: 'not what was meant: the table in guest memory',
      },
      ({ observed }) => ({ table: new Uint8Array(observed.table.length) }),
    ),
    state: 'vacuous',
  },
  {
    ...made(
      'CVM-KH-001',
      {
        what: 'a firmware that goes on from a snapshot boots what it does not boot from power-on',
        says: 'ends otherwise where the firmware goes on from a snapshot: extend',
      },
      async (bench, signal) => {
        const whole = await bench.load('good', signal);
        const judge = (forked: JudgedLoad) => [judgeForkedLoad(whole, forked, FIRMWARE_RUN_FILES)];
        const other = { pcr: 4, digests: { sha256: 'ee'.repeat(32) } };
        const observed = { ...whole.observed, extends: whole.observed.extends.with(-1, other) };
        return { sound: judge(whole), wrong: judge({ ...whole, observed }) };
      },
    ),
    state: 'vacuous',
  },
  load('kernel-unlisted', {
    what: 'edk2 since edk2-stable202408 boots a kernel that the table does not list',
    says: 'boots, with kernel unverified',
    isFound: true,
  }),
  load('shim', {
    what: 'edk2 since edk2-stable202502 starts a shim that no table lists',
    says: 'boots, with shim unverified',
    isFound: true,
  }),
  made(
    'CVM-KH-010',
    { what: 'the launch digest does not cover the table', says: 'the same launch digest' },
    async (bench, signal) => {
      const { usual, changed } = await bench.launchDigests('kernel-unlisted', signal);
      const what = 'a kernel without entry';
      const judge = (digest: string) => [
        judgeLaunchDigests({ what, usual, changed: digest }, 'memory.bin'),
      ];
      return { sound: judge(changed), wrong: judge(usual) };
    },
  ),
];

/** What a firmware shows that does not look at the table. */
function booted({ asked }: JudgedLoad): Partial<ObservedLoad> {
  return { end: 'started', stoppedIn: undefined, programs: [asked.program ?? 'a program'] };
}
