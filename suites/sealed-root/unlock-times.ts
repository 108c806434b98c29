import type { SealedBootEvidence } from '../../harness/judge/sealed-boot.ts';
import type { ResultTable } from '../../harness/report/table.ts';

/** What the console says on the way to an unlocked root, by the column that tells when. */
const MOMENTS: Readonly<Record<string, RegExp>> = {
  'boot loader starts': /BdsDxe: starting /,
  'initrd begins': /^cvm-stage: initrd$/,
  'volumes are open': /^cvm-volume: \S+ opened$/,
  'root is unlocked': /^cvm-stage: root$/,
};

const LINE = /^ *(\d+\.\d+) (.*)$/;

/** The time of a boot from power-on until its root is unlocked, as a row of the result's table. */
export function unlockTimes({ what, console }: SealedBootEvidence): ResultTable {
  const lines = console.split('\n').flatMap((line) => {
    const [, seconds, text = ''] = LINE.exec(line) ?? [];
    return seconds === undefined ? [] : [{ seconds, text: text.trim() }];
  });
  const cells = Object.values(MOMENTS).map((moment) => {
    const seen = lines.findLast(({ text }) => moment.test(text));
    return {
      predicted: null,
      observed: seen === undefined ? null : `${seen.seconds} s`,
      state: seen === undefined ? 'not-tested' : 'pass',
    } as const;
  });
  return {
    id: 'time-to-unlocked-root',
    chapter: 'sealed-root',
    caption: 'Seconds from power-on until the root is unlocked, as the console was heard',
    heads: ['boot'],
    columns: Object.keys(MOMENTS),
    rows: [{ heads: [what], cells }],
  };
}
