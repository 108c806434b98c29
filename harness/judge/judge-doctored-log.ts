import { isBank } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import { replay } from '../measure/replay.ts';
import { judgeReplay } from './judge-logs.ts';
import { judgeTpmCommands } from './judge-tpm-commands.ts';
import type { Judgement } from './judgement.ts';
import { type Observation, TPM_FILE } from './observation.ts';

/** The PCR of what was booted: what a guest would hide that was booted from something else. */
const BOOT_PCR = 4;

/**
 * Judges the witness: a guest that hides an event, and says of the PCR what the rest of its log gives, has
 * nothing against it in all that it says itself; the commands of its TPM must give it away. Where the
 * honest boot does not agree with its TPM, or the lie does not fit together, this proves nothing.
 *
 * @param honest what the boot really left
 * @param doctored what is shown instead: the guest's lie, beside the commands that the host has kept
 */
export function judgeDoctoredLog(honest: Observation, doctored = hidingLast(honest)): Judgement {
  const hidden = hiddenIn(honest);
  const lie = judgeReplay([BOOT_PCR], doctored);
  const findings = judgeTpmCommands(doctored);
  const caught = findings.filter(({ state }) => state === 'fail');
  const common = {
    expected: 'the commands of the TPM contradict the doctored log and the doctored PCR',
    observed: findings.map(({ sentence }) => sentence).join('; '),
    witness: 'TPM command log',
    file: TPM_FILE,
  } as const;
  const honestly = judgeTpmCommands(honest);
  const isHonest = honestly.length > 0 && honestly.every(({ state }) => state === 'pass');
  if (hidden < 0 || !isHonest || lie.state !== 'pass') {
    const sentence =
      'no event can be hidden from this log so that all that the guest says fits together';
    return { ...common, state: 'vacuous', sentence };
  }
  const what = `a log that hides event ${hidden} (${honest.events[hidden]?.type})`;
  return caught.length === findings.length
    ? { ...common, state: 'pass', sentence: `${what} is contradicted by the commands of the TPM` }
    : { ...common, state: 'fail', sentence: `${what} is not noticed` };
}

/** The same boot by a guest that hides the last event of PCR 4, in its log and in what it says of the PCR. */
export function hidingLast(honest: Observation): Observation {
  const hidden = hiddenIn(honest);
  const events = honest.events.toSpliced(Math.max(hidden, 0), hidden < 0 ? 0 : 1);
  const claimed = (values: PcrValues): PcrValues =>
    Object.fromEntries(
      Object.entries(values).map(([bank, pcrs]) => {
        const others = events.filter(({ pcr }) => pcr === BOOT_PCR);
        return [bank, isBank(bank) ? { ...pcrs, ...replay(others, bank) } : pcrs];
      }),
    );
  return {
    ...honest,
    events,
    pcrs: claimed(honest.pcrs),
    replayed: claimed(honest.replayed),
  };
}

function hiddenIn({ events }: Observation): number {
  return events.findLastIndex(({ pcr }) => pcr === BOOT_PCR);
}
