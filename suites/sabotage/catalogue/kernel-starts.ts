import { judgeRefusedKernel } from '../../../harness/judge/judge-refused-kernel.ts';
import {
  type JudgedStart,
  judgeCommandLine,
  judgeMeasured,
} from '../../../harness/judge/judge-stub-start.ts';
import type { Judgement } from '../../../harness/judge/judgement.ts';
import type { SecureBootRequirement } from '../../requirements/secure-boot.ts';
import {
  judgeAddons,
  judgeCredentials,
  judgeGiven,
  judgeSmbios,
} from '../../secure-boot/start-judges.ts';
import type { StubCaseName } from '../../secure-boot/stub-cases.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

const FILES = { console: 'console.log', extends: 'extends.json' };

/** Real starts, taken for those of systems on which they would be wrong. */
export const KERNEL_STARTS: readonly Sabotage[] = [
  starts(
    'CVM-SB-013',
    {
      what: 'a UKI takes a command line from outside, though it has one of its own',
      says: 'cvm.given=1 is in the kernel’s command line',
    },
    { own: 'stub-own-command-line', none: 'stub-no-command-line', off: 'stub-without-secure-boot' },
    { own: 'stub-without-secure-boot' },
    judgeGiven,
  ),
  starts(
    'CVM-SB-013',
    {
      what: 'a UKI without a command line takes none, and measures none',
      says: 'PCR 12 has not what cvm.given=1 is measured with',
    },
    { own: 'stub-own-command-line', none: 'stub-no-command-line', off: 'stub-without-secure-boot' },
    { none: 'loader-to-uki' },
    judgeGiven,
  ),
  starts(
    'CVM-SB-014',
    {
      what: 'systemd-boot’s string of SMBIOS counts for a UKI',
      says: 'cvm.loader=1 is in the kernel’s command line',
    },
    { uki: 'loader-to-uki', kernel: 'loader-to-kernel', direct: 'stub-no-command-line' },
    { uki: 'loader-to-kernel' },
    judgeSmbios,
  ),
  starts(
    'CVM-SB-015',
    {
      what: 'an addon that nobody signed counts',
      says: 'cvm.unsigned-addon=1 is in the kernel’s command line',
    },
    { start: 'loader-to-uki', off: 'loader-to-uki-without-secure-boot' },
    { start: 'loader-to-uki-without-secure-boot' },
    judgeAddons,
  ),
  {
    ...starts(
      'CVM-SB-015',
      {
        what: 'the addon that nobody signed was never there',
        says: 'nothing shows that cvm.unsigned-addon=1 was there',
      },
      { start: 'loader-to-uki', off: 'loader-to-uki-without-secure-boot' },
      { start: 'stub-no-command-line' },
      judgeAddons,
    ),
    state: 'vacuous',
  },
  starts(
    'CVM-SB-016',
    {
      what: 'credentials of the EFI system partition are not measured',
      says: 'PCR 12 has not the initrd with credentials',
    },
    { start: 'loader-to-uki', without: 'stub-no-command-line', other: 'loader-to-uki' },
    { other: 'loader-to-kernel' },
    ({ start, without, other }) =>
      judgeCredentials({ start: { ...start, extended: other.extended }, without }),
  ),
  starts(
    'CVM-SB-017',
    {
      what: 'firmware starts what shim was to start',
      says: 'PCR 7 differs from the forecast at number',
    },
    { start: 'shim-to-loader-to-uki', other: 'shim-to-loader-to-uki' },
    { other: 'loader-to-uki' },
    ({ start, other }) => judgeMeasured({ ...start, extended: other.extended }, [7], FILES),
  ),
  starts(
    'CVM-SB-017',
    {
      what: 'the kernel is started with another command line than computed',
      says: 'the kernel’s command line is another one',
    },
    { start: 'loader-to-uki', other: 'loader-to-uki' },
    { other: 'loader-to-kernel' },
    ({ start, other }) => [judgeCommandLine({ ...start, commandLine: other.commandLine }, FILES)],
  ),
  ...(['CVM-SB-018', 'CVM-SB-021'] as const).map((requirement) =>
    made(
      requirement,
      {
        what: 'the firmware hands a kernel that it refused to a loader that verifies nothing',
        says: 'is started all the same, by a loader that verifies nothing',
      },
      async () => {
        const said = ['OVMF: Secure boot image verification failed.'];
        const kernel = { what: 'a kernel', said, started: false };
        const started = { ...kernel, started: true };
        return {
          sound: judgeRefusedKernel(kernel, started, FILES),
          wrong: judgeRefusedKernel(started, started, FILES),
        };
      },
    ),
  ),
];

function starts<Name extends string>(
  requirement: SecureBootRequirement,
  about: Pick<Sabotage, 'what' | 'says'>,
  cases: Readonly<Record<Name, StubCaseName>>,
  others: Partial<Readonly<Record<Name, StubCaseName>>>,
  judge: (starts: Readonly<Record<Name, JudgedStart>>) => readonly Judgement[],
): Sabotage {
  return {
    requirement,
    ...about,
    attempt: async (bench, signal) => {
      const of = async (names: Readonly<Record<Name, StubCaseName>>) => {
        const made: [string, JudgedStart][] = [];
        for (const [part, name] of Object.entries<StubCaseName>(names)) {
          made.push([part, await bench.start(name, signal)]);
        }
        return judge(Object.fromEntries(made) as Record<Name, JudgedStart>);
      };
      return { sound: await of(cases), wrong: await of({ ...cases, ...others }) };
    },
  };
}
