import { partOf } from './claim.ts';
import type { Result } from './result.ts';
import { summarise, totals } from './summary.ts';
import { type Verdict, verdictOf } from './verdict.ts';

const COLOURS: Readonly<Record<Verdict, string>> = {
  conforms: 'brightgreen',
  open: 'yellow',
  fails: 'red',
};

/**
 * What a badge says of a run, as shields.io reads it from an address (shields.io, "Endpoint Badge", schema
 * version 1): how many MUSTs are met, and what became of the others. Green is only a whole run in which all are.
 */
export function badge(result: Omit<Result, 'claim'>): object {
  const { met, total } = result.summary.must;
  const musts = summarise(result.requirements.filter(({ level }) => level === 'MUST'));
  const { failed, skipped } = totals(musts);
  const part = partOf(result) === undefined ? '' : ' (part)';
  const counted = [
    `${met} of ${total} MUST${part}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} not judged`] : []),
  ];
  return {
    schemaVersion: 1,
    label: 'CVM conformance',
    message: counted.join(', '),
    color: COLOURS[verdictOf(result)],
  };
}
