import { hidingLast, judgeDoctoredLog } from '../../../harness/judge/judge-doctored-log.ts';
import { judgeRollBack, type RollBack } from '../../../harness/judge/judge-lives.ts';
import type { Judgement } from '../../../harness/judge/judgement.ts';
import { type Doctor, events, log } from '../doctored-evidence.ts';
import type { Sabotage } from '../sabotage.ts';
import { evidence, judged, made } from '../words.ts';

/** Guests that lie: what they say fits together, or does not, and the TPM was sent something else. */
export const SECOND_WITNESS: readonly Sabotage[] = [
  lying(
    {
      what: 'the guest hides what was started, and its PCR says so too',
      says: 'the guest’s logs are not what the TPM was sent: they part at extend',
    },
    events((all) => all.filter(({ type }) => type !== 'EV_EFI_BOOT_SERVICES_APPLICATION')),
  ),
  lying(
    { what: 'the guest tells of its events in another order', says: 'they part at extend 0' },
    log((all) => all.toReversed()),
  ),
  {
    ...judged(
      'CVM-EV-002',
      ({ observation }) => [judgeDoctoredLog(observation)],
      {
        what: 'the commands that were kept are another TPM’s: they would give nobody away',
        says: 'no event can be hidden from this log',
      },
      'uki',
      async ({ prediction, observation }) => {
        const extended = (observation.extended ?? []).slice(1);
        return { prediction, observation: { ...observation, extended } };
      },
    ),
    state: 'vacuous',
  },
  {
    requirement: 'CVM-EV-002',
    what: 'who keeps the commands of the TPM leaves out what the guest hides',
    says: 'is not noticed',
    attempt: async (bench, signal) => {
      const { observation } = await bench.boot('uki', signal);
      const { extended = [] } = observation;
      const hidden = extended.findLastIndex(({ pcr }) => pcr === BOOT_PCR);
      const complicit = { ...hidingLast(observation), extended: extended.toSpliced(hidden, 1) };
      return {
        sound: [judgeDoctoredLog(observation)],
        wrong: [judgeDoctoredLog(observation, complicit)],
      };
    },
  },
  {
    requirement: 'CVM-EV-008',
    what: 'swtpm is started with an older copy of its state',
    says: 'the TPM accepts it, its counter is back, and the volume opens',
    isFound: true,
    attempt: async (bench, signal) => {
      const { counter, rolledBack: opening } = await bench.lives(signal);
      return { sound: [], wrong: [judgeRollBack({ counter, opening, file: 'lives.json' })] };
    },
  },
  made(
    'CVM-EV-008',
    {
      what: 'the host goes back to an older state of the TPM',
      says: 'the TPM accepts it, its counter is back, and the volume opens',
    },
    async () => ({
      sound: [rolledBack({ opened: false, said: 'state is too old' })],
      wrong: [rolledBack({ opened: true, said: 'opened' })],
    }),
  ),
];

/** The PCR of what was booted. */
const BOOT_PCR = 4;

function rolledBack(opening: RollBack['opening']): Judgement {
  const counter = { before: '1', after: '2', rolledBack: opening.opened ? '1' : '2' };
  return judgeRollBack({ counter, opening, file: 'lives.json' });
}

function lying(about: Pick<Sabotage, 'what' | 'says'>, doctor: Doctor): Sabotage {
  return evidence('CVM-EV-001', about, doctor);
}
