import type { Bank } from '../measure/bank.ts';
import type { PcrValues } from '../measure/event.ts';
import type { Learned, Prediction, Unpredictable } from '../predict/prediction.ts';

/** A file that the values follow from. */
export type SourceFile = {
  /** As the user, or the dossier, names it. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
};

/** Where reference values come from. */
export type Provenance = {
  /** Name and version of the program that made them. */
  readonly tool: string;
  /** A forecast from files, or a boot that was seen. */
  readonly from: 'forecast' | 'boot';
  /** The boot phases that systemd has measured; absent where a boot was seen. */
  readonly phase?: string;
  /**
   * When the boot was seen, RFC 3339. A forecast has no time: the same files give the same bytes
   * whenever they are asked.
   */
  readonly at?: string;
  readonly files: readonly SourceFile[];
  /** PCRs that rest on what firmware had in memory when it ran alone. */
  readonly learned: readonly Learned[];
};

/** What a verifier is to expect of a machine, and where that comes from. */
export type ReferenceValues = {
  readonly banks: PcrValues;
  /** Launch digest of an SEV-SNP guest, 48 bytes, lower-case hex; absent where none was asked for. */
  readonly snpLaunchDigest?: string;
  /** PCRs that have no value here, each with the reason: none is ever guessed. */
  readonly omitted: readonly Unpredictable[];
  readonly provenance: Provenance;
};

const NO_DYNAMIC_LAUNCH = 'of a dynamic launch, which is none of firmware';

/** Nobody can expect one value of these in a boot to come (UAPI Group, Linux TPM PCR Registry). */
const OF_ONE_BOOT: ReadonlyMap<number, string> = new Map([
  [10, 'IMA: it depends on the order in which files were read'],
  [15, "the machine's own identity; a forecast tells it where the image decides it"],
  [16, 'for debugging'],
  ...[17, 18, 19, 20, 21, 22].map((pcr) => [pcr, NO_DYNAMIC_LAUNCH] as const),
  [23, 'for applications'],
]);

/**
 * The reference values of a boot to come.
 *
 * @param prediction what the boot will measure
 * @param about the tool, the phases and the files; what was learned is taken from the prediction
 */
export function referenceOfForecast(
  { banks, unpredictable, learned }: Prediction,
  about: Omit<Provenance, 'from' | 'at' | 'learned'>,
): ReferenceValues {
  const omitted = new Map<number, string>();
  for (const { pcr, reason } of unpredictable) {
    const before = omitted.get(pcr);
    omitted.set(pcr, before === undefined ? reason : `${before}; ${reason}`);
  }
  return {
    banks,
    omitted: inOrder(omitted),
    provenance: { ...about, from: 'forecast', learned },
  };
}

/** What a boot that was seen tells. */
export type SeenBoot = {
  /** The PCRs as the guest's tools read them. */
  readonly pcrs: PcrValues;
  /** The values that the event logs replay to. */
  readonly replayed: PcrValues;
};

/**
 * The reference values of a boot that was seen. A value that the event logs do not explain is none.
 *
 * @param boot what was read and what was logged
 * @param wanted banks; one that the boot does not have is left out
 * @param about the tool, when the boot was, and the files
 */
export function referenceOfBoot(
  { pcrs, replayed }: SeenBoot,
  wanted: readonly Bank[],
  about: Required<Pick<Provenance, 'tool' | 'at' | 'files'>>,
): ReferenceValues {
  const omitted = new Map<number, string>();
  const banks = wanted.flatMap((bank) => {
    const values = Object.entries(pcrs[bank] ?? {}).filter(([index, value]) => {
      const pcr = Number(index);
      const reason = OF_ONE_BOOT.get(pcr) ?? unexplained(value, replayed[bank]?.[pcr]);
      if (reason !== undefined) omitted.set(pcr, reason);
      return reason === undefined;
    });
    return values.length === 0 ? [] : [[bank, Object.fromEntries(values)] as const];
  });
  return {
    banks: Object.fromEntries(banks),
    omitted: inOrder(omitted),
    provenance: { ...about, from: 'boot', learned: [] },
  };
}

/** A log need not have events of a PCR that was never extended. */
function unexplained(value: string, replayed: string | undefined): string | undefined {
  const untouched = replayed === undefined && /^0+$/.test(value);
  if (untouched || value === replayed) return undefined;
  return `the event logs replay to ${replayed ?? 'no value'}, and not to what was read`;
}

function inOrder(omitted: ReadonlyMap<number, string>): readonly Unpredictable[] {
  return [...omitted].map(([pcr, reason]) => ({ pcr, reason })).sort((a, b) => a.pcr - b.pcr);
}
