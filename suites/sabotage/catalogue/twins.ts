import { judgePcr } from '../../../harness/judge/judge-pcr.ts';
import { judgeTwins, type TwinChange } from '../../../harness/judge/judge-twins.ts';
import { UNLISTED_KERNEL } from '../../kernel-hashes/guest-machines.ts';
import type { BootJudge } from '../../measured-boot/boot-judges.ts';
import { judgeCmdline } from '../../measured-boot/cmdline.ts';
import { OTHER_WORD } from '../../measured-boot/machines.ts';
import { type Doctor, events, otherPcr, text } from '../doctored-evidence.ts';
import { observed, type RecordedBoot } from '../recorded-boot.ts';
import type { Sabotage } from '../sabotage.ts';
import { judged, made } from '../words.ts';

/** Two boots, and what should tell them apart. */
type Twins = { readonly boot: string; readonly twin: string; readonly change: TwinChange };

const CMDLINE: Twins = {
  boot: 'uki',
  twin: 'uki-other-cmdline',
  change: { what: 'another command line', moved: [4, 11], unmoved: [7] },
};

const CERTIFICATE: Twins = {
  boot: 'uki-secure-boot',
  twin: 'uki-other-certificate',
  change: { what: 'another certificate', moved: [7], unmoved: [4, 11] },
};

const ROOT_HASH: Twins = {
  boot: 'uki',
  twin: 'other-root',
  change: { what: 'another root hash', moved: [4, 5, 9, 11], unmoved: [7, 12] },
};

/** Twins that do not differ as they should, or in more than they should. */
export const TWINS: readonly Sabotage[] = [
  twins(
    'CVM-MB-006',
    {
      what: 'the changed command line does not move the PCRs',
      says: 'another command line does not move PCR 4 as predicted',
    },
    CMDLINE,
    (twin, boot) => ({ ...twin, observation: boot.observation }),
  ),
  twins(
    'CVM-MB-006',
    {
      what: 'the changed command line moves PCR 7 too',
      says: 'another command line does not leave PCR 7 as predicted',
    },
    CMDLINE,
    (twin) => doctored(twin, otherPcr(7)),
  ),
  {
    ...made(
      'CVM-MB-006',
      {
        what: 'the command line was changed and never used',
        says: `the kernel did not run with ${OTHER_WORD}`,
      },
      async (bench, signal) => {
        const { dossier } = await bench.boot(CMDLINE.twin, signal);
        const unused = text('cmdline', (all) => all.replace(OTHER_WORD, ''))(dossier);
        return {
          sound: [judgeCmdline(dossier, OTHER_WORD)],
          wrong: [judgeCmdline(unused, OTHER_WORD)],
        };
      },
    ),
    state: 'vacuous',
  },
  {
    ...twins(
      'CVM-MB-006',
      { what: 'the twin is the same boot once more', says: 'is not predicted to move PCR 4' },
      CMDLINE,
      (_, boot) => boot,
    ),
    state: 'vacuous',
  },
  twins(
    'CVM-MB-007',
    {
      what: 'the firmware takes any signature for the usual one',
      says: 'another certificate does not move PCR 7 as predicted',
    },
    CERTIFICATE,
    (twin, boot) => ({ ...twin, observation: boot.observation }),
  ),
  twins(
    'CVM-MB-007',
    {
      what: 'the other signature moves PCR 11 too',
      says: 'another certificate does not leave PCR 11 as predicted',
    },
    CERTIFICATE,
    (twin) => doctored(twin, otherPcr(11)),
  ),
  twins(
    'CVM-DV-010',
    {
      what: 'another root is booted, and PCR 11 does not tell',
      says: 'another root hash does not move PCR 11 as predicted',
    },
    ROOT_HASH,
    (twin, boot) => {
      const pcrs = { sha256: boot.observation.pcrs.sha256 ?? {} };
      const observation = { ...twin.observation, pcrs: { ...twin.observation.pcrs, ...pcrs } };
      return { ...twin, observation };
    },
  ),
  unlisted(
    { what: 'a kernel that no table lists is not measured', says: 'PCR 4 differs first' },
    events((all) => all.filter(({ type }) => type !== 'EV_EFI_BOOT_SERVICES_APPLICATION')),
  ),
  unlisted(
    { what: 'the initrd of an unlisted kernel is not measured', says: 'PCR 9 differs first' },
    events((all) => all.filter(({ pcr, type }) => pcr !== 9 || type !== 'EV_EVENT_TAG')),
  ),
  unlisted(
    {
      what: 'PCR 4 does not hold the unlisted kernel that the log tells of',
      says: 'PCR 4 has another value than predicted',
    },
    otherPcr(4),
  ),
];

/** Two real boots, of which the second is told of otherwise than it was. */
function twins(
  requirement: Sabotage['requirement'],
  about: Pick<Sabotage, 'what' | 'says'>,
  { boot: first, twin: second, change }: Twins,
  spoil: (twin: RecordedBoot, boot: RecordedBoot) => RecordedBoot,
): Sabotage {
  return made(requirement, about, async (bench, signal) => {
    const boot = await bench.boot(first, signal);
    const twin = await bench.boot(second, signal);
    return {
      sound: judgeTwins(change, boot, twin),
      wrong: judgeTwins(change, boot, spoil(twin, boot)),
    };
  });
}

function doctored(boot: RecordedBoot, doctor: Doctor): RecordedBoot {
  return { ...boot, observation: observed(doctor(boot.dossier)) };
}

function unlisted(about: Pick<Sabotage, 'what' | 'says'>, doctor: Doctor): Sabotage {
  const judge: BootJudge = ({ prediction, observation }) =>
    [4, 9].flatMap((pcr) => judgePcr(pcr, prediction, observation));
  return judged('CVM-KH-012', judge, about, UNLISTED_KERNEL, async (boot) =>
    doctored(boot, doctor),
  );
}
