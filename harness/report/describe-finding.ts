import type { Finding } from '../judge/finding.ts';

/** A finding in lines of plain text: what was judged, what was expected and seen, and how to see it again. */
export function describeFinding(finding: Finding): string {
  return [
    `${finding.state}: ${finding.sentence}`,
    `machine: ${finding.machine ?? 'none'}`,
    `expected: ${finding.expected}`,
    `observed: ${finding.observed}`,
    `witness: ${finding.witness}`,
    `evidence: ${finding.evidence ?? 'none'}`,
    `again: ${finding.reproduce ?? 'none'}`,
  ].join('\n');
}
