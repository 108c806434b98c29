import { UsageError } from '../host/errors.ts';
import { ALL_BANKS } from '../measure/bank.ts';
import type { BankComparison, PcrComparison } from '../measure/compare-pcrs.ts';
import { type CompareReport, compareEvidence, renderCompare } from './compare.ts';
import { readDossierEvidence, type Told } from './pcr-evidence-path.ts';

type Run = Extract<Told, { readonly kind: 'run' }>;

/** A part of a boot's report, and which boot it is of. */
type OfMachine<T> = T & { readonly machine: string };

/**
 * What `cvm compare --json` prints of two runs. A PCR is common, or may be pinned, where it is so in
 * every boot; differences are those of all boots.
 */
export type RunsReport = {
  readonly banks: PcrComparison;
  readonly referenceValueCandidates: CompareReport['referenceValueCandidates'];
  readonly firstDifference: readonly OfMachine<CompareReport['firstDifference'][number]>[];
  readonly explanations: readonly OfMachine<CompareReport['explanations'][number]>[];
  /** The boots that both runs have, by machine. */
  readonly boots: readonly OfMachine<CompareReport>[];
  /** Machines that only one of the runs booted. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
};

/**
 * Compares two runs boot by boot, matched by the machine's name.
 *
 * @throws UsageError where no machine was booted in both; FormatError where a dossier is broken
 */
export async function compareRuns(a: Run, b: Run): Promise<RunsReport> {
  const boots: OfMachine<CompareReport>[] = [];
  for (const [machine, folder] of a.dossiers) {
    const other = b.dossiers.get(machine);
    if (other === undefined) continue;
    const [ofA, ofB] = [await readDossierEvidence(folder), await readDossierEvidence(other)];
    boots.push({ machine, ...compareEvidence(ofA, ofB) });
  }
  if (boots.length === 0) {
    const names = ({ dossiers }: Run) => [...dossiers.keys()].join(', ') || 'none';
    throw new UsageError(`no machine was booted in both runs: ${names(a)} · ${names(b)}`);
  }
  return {
    banks: inEveryBoot(boots.map(({ banks }) => banks)),
    referenceValueCandidates: candidatesOf(boots),
    firstDifference: boots.flatMap(({ machine, firstDifference }) =>
      firstDifference.map((difference) => ({ machine, ...difference })),
    ),
    explanations: boots.flatMap(({ machine, explanations }) =>
      explanations.map((explanation) => ({ machine, ...explanation })),
    ),
    boots,
    onlyA: [...a.dossiers.keys()].filter((name) => !b.dossiers.has(name)),
    onlyB: [...b.dossiers.keys()].filter((name) => !a.dossiers.has(name)),
  };
}

/** Two runs for people: a part for each machine. */
export function renderRuns({ boots, onlyA, onlyB }: RunsReport): string {
  return [
    ...boots.map((boot) => `${boot.machine}\n${renderCompare(boot)}`),
    ...onlyA.map((name) => `${name} was booted in A alone\n`),
    ...onlyB.map((name) => `${name} was booted in B alone\n`),
  ].join('\n');
}

function candidatesOf(boots: readonly CompareReport[]): CompareReport['referenceValueCandidates'] {
  const [first, ...others] = boots.map((boot) => boot.referenceValueCandidates);
  return (first ?? []).filter(({ pcr }) =>
    others.every((candidates) => candidates.some((one) => one.pcr === pcr)),
  );
}

function inEveryBoot(comparisons: readonly PcrComparison[]): PcrComparison {
  const merged = ALL_BANKS.flatMap((bank) => {
    const ofBank = comparisons.flatMap((comparison) => comparison[bank] ?? []);
    return ofBank.length === 0 ? [] : [[bank, merge(ofBank)] as const];
  });
  return Object.fromEntries(merged);
}

function merge(boots: readonly BankComparison[]): BankComparison {
  const inAny = (key: keyof BankComparison) =>
    [...new Set(boots.flatMap((boot) => boot[key]))].sort((x, y) => x - y);
  const elsewhere = new Set([...inAny('different'), ...inAny('onlyA'), ...inAny('onlyB')]);
  const different = inAny('different');
  return {
    common: inAny('common').filter((pcr) => !elsewhere.has(pcr)),
    different,
    onlyA: inAny('onlyA').filter((pcr) => !different.includes(pcr)),
    onlyB: inAny('onlyB').filter((pcr) => !different.includes(pcr)),
  };
}
