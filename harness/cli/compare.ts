import type { ByteSource } from '../bytes/source.ts';
import { explainPcr } from '../explain/explain-pcr.ts';
import type { Words } from '../explain/explanation.ts';
import { fitInputs, type InputChange } from '../explain/fit-inputs.ts';
import { machineDifference } from '../explain/machine-difference.ts';
import type { Side } from '../explain/paired-contents.ts';
import { wordsOfPcr } from '../explain/pcr-inputs.ts';
import { comparePcrs, differingPcrs, type PcrComparison } from '../measure/compare-pcrs.ts';
import type { MeasuredEvent } from '../measure/event.ts';
import { firstDifference } from '../measure/first-difference.ts';
import type { PcrEvidence } from '../measure/pcr-evidence.ts';
import {
  type ReferenceValueCandidate,
  referenceValueCandidates,
} from '../measure/reference-value-candidates.ts';
import { shownBank } from '../measure/shown-bank.ts';
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
  /** What B has that A has not, in words: each difference of each differing PCR. */
  readonly explanations: readonly ReportedExplanation[];
  /** What must change for a prediction to be what the other side observed, where that is decidable. */
  readonly toFit: readonly InputChange[];
};

/** A difference in words. */
type ReportedExplanation = Words & {
  /** `null` where it is not of one PCR but of the machine descriptions. */
  readonly pcr: number | null;
  /** Position among the events of this PCR on side A; `null` where a side tells no events. */
  readonly index: number | null;
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
export function compareEvidence(a: PcrEvidence, b: PcrEvidence): CompareReport {
  const banks = comparePcrs(a.pcrs, b.pcrs);
  const differing = differingPcrs(banks);
  return {
    banks,
    referenceValueCandidates: referenceValueCandidates(a.pcrs, b.pcrs),
    firstDifference: differing.flatMap((pcr) => {
      const found = a.events && b.events && firstDifference(pcr, a.events, b.events);
      if (found === undefined) return [];
      return [{ pcr, index: found.index, a: reportedSide(found.a), b: reportedSide(found.b) }];
    }),
    explanations: [
      ...machineDifference(a.machine, b.machine),
      ...differing.flatMap((pcr) => explanationsOf(pcr, a, b)),
    ],
    toFit: toFit(a, b, differing),
  };
}

function explanationsOf(
  pcr: number,
  a: PcrEvidence,
  b: PcrEvidence,
): readonly ReportedExplanation[] {
  const [sideA, sideB] = [sideOf(a), sideOf(b)];
  const found = sideA && sideB ? explainPcr(pcr, sideA, sideB) : [];
  return found.length > 0 ? found : [{ pcr, index: null, ...wordsOfPcr(pcr) }];
}

/** Only a forecast can be made to fit, and only what was observed can be fitted. */
function toFit(a: PcrEvidence, b: PcrEvidence, pcrs: readonly number[]): readonly InputChange[] {
  const [forecast, other] = a.isForecast ? [a, b] : [b, a];
  if (!forecast.isForecast || other.isForecast) return [];
  const [predicted, observed] = [sideOf(forecast), sideOf(other)];
  return predicted && observed ? fitInputs(pcrs, predicted, observed) : [];
}

function sideOf({ events, commandLine, machine }: PcrEvidence): Side | undefined {
  return events && { events, commandLine, machine };
}

/** Whether a PCR that both sides have differs: exit code 1. */
export function differs(report: Pick<CompareReport, 'banks'>): boolean {
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
      `  A  ${renderSide(a, b)}`,
      `  B  ${renderSide(b, a)}`,
    ]),
    ...report.explanations.map(
      ({ pcr, index, sentence, input }) =>
        `${placeText(pcr, index)}: ${sentence} (input: ${input})`,
    ),
    ...report.toFit.map(({ sentence }) => `the prediction would fit with: ${sentence}`),
    ...report.referenceValueCandidates.map(({ pcr, why }) => `PCR ${pcr} may be pinned: ${why}`),
  ];
  return `${lines.join('\n')}\n`;
}

function placeText(pcr: number | null, index: number | null): string {
  if (pcr === null) return 'machine';
  return index === null ? `PCR ${pcr}` : `PCR ${pcr}, event ${index}`;
}

function list(pcrs: readonly number[]): string {
  return pcrs.length === 0 ? '–' : pcrs.join(' ');
}

function renderSide(side: ReportedSide, other: ReportedSide): string {
  if (side === null) return 'no further event';
  const bank = shownBank(side.digests, (other ?? side).digests);
  return `${side.type}  ${side.description}${bank ? `  ${bank} ${side.digests[bank]}` : ''}`;
}
