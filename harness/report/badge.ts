import type { Result } from './result.ts';
import { totals } from './summary.ts';

/**
 * What a badge says of a run, as shields.io reads it from an address (shields.io, "Endpoint Badge", schema
 * version 1): how many MUSTs are met. Green is only a run in which all are.
 */
export function badge({ summary }: Pick<Result, 'summary'>): object {
  const { met, total } = summary.must;
  const { failed } = totals(summary);
  return {
    schemaVersion: 1,
    label: 'CVM conformance',
    message: `${met} of ${total} MUST${failed > 0 ? `, ${failed} failed` : ''}`,
    color: colour(met, total, failed),
  };
}

function colour(met: number, total: number, failed: number): string {
  if (total > 0 && met === total) return 'brightgreen';
  return failed > 0 ? 'red' : 'yellow';
}
