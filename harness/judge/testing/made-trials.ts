import type { JudgedTrial, TrialReport } from '../trial-report.ts';

/** An image that comes out as forecast. */
export function madeTrial(
  what: string,
  boots: boolean,
  changes: Partial<JudgedTrial> = {},
): JudgedTrial {
  const status = boots ? 'EFI_ABORTED' : 'EFI_ACCESS_DENIED';
  return {
    what,
    predicted: { boots, reason: boots ? '' : 'nothing in db allows it' },
    observed: { started: boots, status },
    digest: 'aa',
    ...changes,
  };
}

/** One that starts, and one that is refused. */
export const GOOD = madeTrial('good', true);
export const BAD = madeTrial('bad', false);

/** The run of both by the firmware. */
export function madeReport(changes: Partial<TrialReport> = {}): TrialReport {
  const measured = { pcr4: ['cc', 'aa'], pcr7: ['01', '02'] };
  return {
    store: 'store',
    loader: 'firmware',
    trials: [GOOD, BAD],
    conductor: 'cc',
    measured,
    expected: measured,
    ...changes,
  };
}
