import {
  type BootAuthority,
  type JudgedAuthority,
  judgeAuthority,
  judgeRelation,
  type PcrRelation,
} from '../../../harness/judge/judge-authority.ts';
import { judgeTrial } from '../../../harness/judge/judge-image-trial.ts';
import { judgeAgreement, judgeOtherPolicy } from '../../../harness/judge/judge-trial-run.ts';
import type { JudgedTrial, TrialReport } from '../../../harness/judge/trial-report.ts';
import type { Requirement } from '../../requirements/requirement.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

/** Firmware and shim that trust whom they should not, refuse whom they should not, or measure otherwise. */
export const IMAGE_TRIALS: readonly Sabotage[] = [
  ...(
    [
      ['CVM-SB-001', 'the firmware starts an image that nobody signed', 'firmware'],
      ['CVM-SB-002', 'the firmware starts an image with a bit changed after signing', 'firmware'],
      ['CVM-SB-003', 'shim takes a signature over another digest for one', 'shim'],
      ['CVM-SB-004', 'the firmware does not look into dbx', 'firmware'],
      ['CVM-SB-006', 'shim does not look into MokListX', 'shim'],
      ['CVM-SB-007', 'shim does not look at SBAT generations', 'shim'],
    ] as const
  ).map(([requirement, what, loader]) =>
    trial(
      requirement,
      { what, says: 'an image: the forecast was a refusal (nothing allows it), and it is started' },
      loader,
      {
        observed: { started: true, status: 'EFI_ABORTED' },
      },
    ),
  ),
  trial(
    'CVM-SB-001',
    {
      what: 'a damaged image is refused, and not for want of trust',
      says: 'refused by firmware with EFI_LOAD_ERROR',
    },
    'firmware',
    { observed: { started: false, status: 'EFI_LOAD_ERROR' } },
  ),
  made(
    'CVM-SB-005',
    {
      what: 'the firmware refuses an image whose certificate has expired',
      says: 'an image: the forecast was it would start',
    },
    async () => ({
      sound: judgeTrial(report('firmware'), STARTED, 'started', undefined, FILES),
      wrong: judgeTrial(
        report('firmware'),
        { ...STARTED, observed: { started: false, status: 'EFI_ACCESS_DENIED' } },
        'started',
        undefined,
        FILES,
      ),
    }),
  ),
  vacuous(
    made(
      'CVM-SB-002',
      {
        what: 'the firmware starts no image at all',
        says: 'its twin, an image, does not start either',
      },
      async () => ({
        sound: judgeTrial(report('firmware'), refused('firmware'), 'refused', STARTED, FILES),
        wrong: judgeTrial(
          report('firmware'),
          refused('firmware'),
          'refused',
          { ...STARTED, observed: { started: false, status: 'EFI_ACCESS_DENIED' } },
          FILES,
        ),
      }),
    ),
  ),
  vacuous(
    made(
      'CVM-SB-003',
      {
        what: 'the image was never given to the firmware',
        says: 'the program that holds its bytes was never started',
      },
      async () => ({
        sound: judgeTrial(report('firmware'), refused('firmware'), 'refused', STARTED, FILES),
        wrong: judgeTrial(
          { ...report('firmware'), conductor: 'dd' },
          refused('firmware'),
          'refused',
          STARTED,
          FILES,
        ),
      }),
    ),
  ),
  agreement(
    { what: 'one image of many comes out otherwise', says: '1 of 2 images come out otherwise' },
    (usual) => ({ trials: usual.trials.map((one) => ({ ...one, observed: STARTED.observed })) }),
  ),
  agreement(
    {
      what: 'an authority is measured that was not forecast',
      says: 'PCR 7 differs from the forecast at number 2',
    },
    () => ({ measured: { pcr4: ['cc', 'aa'], pcr7: ['01', '02', '03'] } }),
  ),
  agreement(
    {
      what: 'a program is measured that nobody forecast',
      says: 'PCR 4 differs from the forecast at number 1',
    },
    () => ({ measured: { pcr4: ['cc', 'bb'], pcr7: ['01', '02'] } }),
  ),
  made(
    'CVM-SB-009',
    {
      what: 'PCR 7 does not tell setup mode',
      says: 'PCR 7 is the same with setup mode as with store',
    },
    async () => {
      const usual = report('firmware');
      const setup = { ...usual, store: 'setup mode' };
      const other = { ...setup, measured: { ...setup.measured, pcr7: ['09'] } };
      return {
        sound: [judgeOtherPolicy(other, usual, FILES)],
        wrong: [judgeOtherPolicy(setup, usual, FILES)],
      };
    },
  ),
  authority(
    {
      what: 'another entry of db is measured than the one that authorises',
      says: 'UKI: the authority is another one',
    },
    { authority: 'db: CN=somebody' },
  ),
  authority(
    { what: 'PCR 7 holds another authority', says: 'UKI: PCR 7 is another one' },
    { pcr7: '09' },
  ),
  authority({ what: 'PCR 4 holds another UKI', says: 'UKI: PCR 4 is another one' }, { pcr4: '09' }),
  relation(
    'CVM-SB-011',
    {
      what: 'a key sealed to PCR 7 is in reach of a genuine kernel with a crafted initrd',
      says: 'PCR 7 is the same for UKI and kernel',
    },
    'differs',
    { pcr7: '08' },
    {},
  ),
  relation(
    'CVM-SB-012',
    { what: 'PCR 7 tells what it is said not to tell', says: 'PCR 7 tells apart UKI and kernel' },
    'equal',
    {},
    { pcr7: '08' },
  ),
];

type About = Pick<Sabotage, 'what' | 'says'>;

const FILES = { console: 'console.log', extends: 'extends.json' };

/** What each returns of an image that is not trusted. */
const DENIED = { firmware: 'EFI_ACCESS_DENIED', shim: 'EFI_SECURITY_VIOLATION' } as const;

const STARTED: JudgedTrial = {
  what: 'an image',
  predicted: { boots: true, reason: '' },
  observed: { started: true, status: 'EFI_ABORTED' },
  digest: 'aa',
};

function refused(loader: TrialReport['loader']): JudgedTrial {
  return {
    ...STARTED,
    predicted: { boots: false, reason: 'nothing allows it' },
    observed: { started: false, status: DENIED[loader] },
  };
}

function report(loader: TrialReport['loader']): TrialReport {
  const measured = { pcr4: ['cc', 'aa'], pcr7: ['01', '02'] };
  const trials = [STARTED, refused(loader)];
  return { store: 'store', loader, trials, conductor: 'cc', measured, expected: measured };
}

function trial(
  requirement: Requirement['id'],
  about: About,
  loader: TrialReport['loader'],
  other: Partial<JudgedTrial>,
): Sabotage {
  return made(requirement, about, async () => {
    const judge = (one: JudgedTrial) => judgeTrial(report(loader), one, 'refused', STARTED, FILES);
    return { sound: judge(refused(loader)), wrong: judge({ ...refused(loader), ...other }) };
  });
}

function agreement(about: About, change: (usual: TrialReport) => Partial<TrialReport>): Sabotage {
  return made('CVM-SB-008', about, async () => ({
    sound: judgeAgreement(report('firmware'), FILES),
    wrong: judgeAgreement({ ...report('firmware'), ...change(report('firmware')) }, FILES),
  }));
}

function boot(what: string, observed: Partial<BootAuthority> = {}): JudgedAuthority {
  const predicted = { authority: 'db: CN=UKI', pcr4: '04', pcr7: '07' };
  return { what, predicted, observed: { ...predicted, ...observed } };
}

function authority(about: About, other: Partial<BootAuthority>): Sabotage {
  return made('CVM-SB-010', about, async () => ({
    sound: judgeAuthority(boot('UKI'), FILES),
    wrong: judgeAuthority(boot('UKI', other), FILES),
  }));
}

function relation(
  requirement: Requirement['id'],
  about: About,
  wanted: PcrRelation,
  sound: Partial<BootAuthority>,
  wrong: Partial<BootAuthority>,
): Sabotage {
  const judge = (kernel: Partial<BootAuthority>) => [
    judgeRelation(7, [boot('UKI'), boot('kernel', kernel)], wanted, FILES),
  ];
  return made(requirement, about, async () => ({ sound: judge(sound), wrong: judge(wrong) }));
}

function vacuous(sabotage: Sabotage): Sabotage {
  return { ...sabotage, state: 'vacuous' };
}
