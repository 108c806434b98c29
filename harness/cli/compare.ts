import type { ByteSource } from '../bytes/source.ts';
import { comparePcrs, differingPcrs, type PcrComparison } from '../measure/compare-pcrs.ts';
import type { MeasuredEvent } from '../measure/event.ts';
import { firstDifference } from '../measure/first-difference.ts';
import type { PcrEvidence } from '../measure/pcr-evidence.ts';
import {
  type ReferenceValueCandidate,
  referenceValueCandidates,
} from '../measure/reference-value-candidates.ts';
import { readPcrEvidence } from './pcr-evidence-file.ts';

/** One side of a differing pair of events; `null` where this side has no further event. */
type ReportedSide = Pick<MeasuredEvent, 'type' | 'digests' | 'description'> | null;

/** What `cvm compare --json` prints. */
export type CompareReport = {
  readonly banks: PcrComparison;
  readonly referenceValueCandidates: readonly ReferenceValueCandidate[];
  /** For each differing PCR, where both sides tell their events. */
  readonly firstDifference: readonly {
    readonly pcr: number;
    /** Position among the events of this PCR, from 0. */
    readonly index: number;
    readonly a: ReportedSide;
    readonly b: ReportedSide;
  }[];
};

/**
 * Compares the PCR values that two files tell.
 *
 * @param a any file that {@link readPcrEvidence} takes
 * @param b another one
 * @throws FormatError where a file tells no PCR values
 */
export function compareReport(a: ByteSource, b: ByteSource): CompareReport {
  return compareEvidence(readPcrEvidence(a), readPcrEvidence(b));
}

/** Compares PCR values, wherever they are from, and aligns the events behind those that differ. */
function compareEvidence(a: PcrEvidence, b: PcrEvidence): CompareReport {
  const banks = comparePcrs(a.pcrs, b.pcrs);
  return {
    banks,
    referenceValueCandidates: referenceValueCandidates(a.pcrs, b.pcrs),
    firstDifference: differingPcrs(banks).flatMap((pcr) => {
      const found = a.events && b.events && firstDifference(pcr, a.events, b.events);
      if (found === undefined) return [];
      return [{ pcr, index: found.index, a: reportedSide(found.a), b: reportedSide(found.b) }];
    }),
  };
}

/** Whether a PCR that both sides have differs: exit code 1. */
export function differs(report: CompareReport): boolean {
  return differingPcrs(report.banks).length > 0;
}

function reportedSide(event: MeasuredEvent | null): ReportedSide {
  return event && { type: event.type, digests: event.digests, description: event.description };
}

/** The report for people. */
export function renderCompare(report: CompareReport): string {
  const lines = [
    ...Object.entries(report.banks).flatMap(([bank, { common, different, onlyA, onlyB }]) => [
      `${bank}:`,
      `  common     ${list(common)}`,
      `  different  ${list(different)}`,
      `  only in A  ${list(onlyA)}`,
      `  only in B  ${list(onlyB)}`,
    ]),
    ...report.firstDifference.flatMap(({ pcr, index, a, b }) => [
      `PCR ${pcr} differs from its event ${index} on:`,
      `  A  ${renderSide(a)}`,
      `  B  ${renderSide(b)}`,
    ]),
    ...report.referenceValueCandidates.map(({ pcr, why }) => `PCR ${pcr} may be pinned: ${why}`),
  ];
  return `${lines.join('\n')}\n`;
}

function list(pcrs: readonly number[]): string {
  return pcrs.length === 0 ? '–' : pcrs.join(' ');
}

function renderSide(side: ReportedSide): string {
  if (side === null) return 'no further event';
  const [bank, digest] = Object.entries(side.digests).at(-1) ?? [];
  return `${side.type}  ${side.description}${bank ? `  ${bank} ${digest}` : ''}`;
}
