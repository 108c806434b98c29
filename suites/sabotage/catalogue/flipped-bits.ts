import { type FlipReport, judgeFlips, type TriedFlip } from '../../../harness/judge/judge-flips.ts';
import type { Sabotage } from '../sabotage.ts';
import { made } from '../words.ts';

const EVIDENCE = { witness: 'TPM command log', file: 'flips.json' } as const;

const MEASURED: TriedFlip = {
  file: 'disk',
  region: '/EFI/BOOT/BOOTX64.EFI: .cmdline',
  offset: 0x217400,
  bits: 1,
  predicted: 'PCR 4, PCR 11',
  seen: 'PCR 4, PCR 11',
};

const UNNOTICED: TriedFlip = {
  ...MEASURED,
  region: 'slack behind the end of the file',
  predicted: 'nothing',
  seen: 'nothing',
};

/** A bit of free space, which the firmware finds not erased. */
const REWRITTEN: TriedFlip = {
  file: 'variables',
  region: 'free space of the variable store',
  offset: 0xd640,
  bits: 16,
  predicted: 'nothing',
  seen: 'nothing, and the firmware has written it anew',
};

/** What sound firmware makes of two bits. */
const SOUND: FlipReport = {
  about: 'the disk',
  unchanged: { isSound: true, seen: '29 extends, then the kernel' },
  flips: [MEASURED, UNNOTICED, REWRITTEN],
};

/** Maps that promise more than there is, or boots that would come out the same whatever is flipped. */
export const FLIPPED_BITS: readonly Sabotage[] = [
  flips(
    {
      what: 'the map names a PCR that does not move',
      says: '.cmdline, bit 0 at 0x217400: PCR 11 did not move',
    },
    { flips: [{ ...MEASURED, seen: 'PCR 4', disagreement: 'PCR 11 did not move' }, UNNOTICED] },
  ),
  flips(
    {
      what: 'the map calls unprotected what the firmware measures',
      says: 'nothing was to notice, but PCR 5 moved',
    },
    {
      flips: [
        MEASURED,
        { ...UNNOTICED, seen: 'PCR 5', disagreement: 'nothing was to notice, but PCR 5 moved' },
      ],
    },
  ),
  flips(
    {
      what: 'the map says that the firmware writes the variables anew, and it leaves them as they are',
      says: 'free space of the variable store, bit 4 at 0xd640: the firmware was to write it anew',
    },
    {
      flips: [
        MEASURED,
        {
          ...REWRITTEN,
          seen: 'nothing',
          disagreement: 'the firmware was to write it anew, and the bit is still flipped',
        },
      ],
    },
  ),
  {
    ...flips(
      { what: 'the disk does not boot without a flip either', says: 'not even without a flip' },
      { unchanged: { isSound: false, seen: 'firmware: Not Found' } },
    ),
    state: 'vacuous',
  },
  {
    ...flips(
      { what: 'the bits are flipped in a copy that nobody boots', says: 'no flip is noticed' },
      { flips: [{ ...MEASURED, seen: 'nothing' }, UNNOTICED] },
    ),
    state: 'vacuous',
  },
];

function flips(about: Pick<Sabotage, 'what' | 'says'>, other: Partial<FlipReport>): Sabotage {
  return made('CVM-DV-016', about, async () => ({
    sound: judgeFlips(SOUND, EVIDENCE),
    wrong: judgeFlips({ ...SOUND, ...other }, EVIDENCE),
  }));
}
