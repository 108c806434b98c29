import type { Outcome } from './forecast-difference.ts';
import type { Mechanism } from './region.ts';

/** What a boot showed of itself. */
export type BootTrace = {
  /** What its TPM was sent, in order: PCR, and digests by algorithm in lower-case hex. */
  readonly extends: readonly {
    readonly pcr: number;
    readonly digests: Readonly<Record<string, string>>;
  }[];
  /** Whether what it was to start has run. */
  readonly hasStarted: boolean;
  /** Who refuses to go on, in words; absent where nobody does. */
  readonly refusal?: string | undefined;
};

/**
 * What became of a change, by a real boot with it and one without. A boot that broke off tells of a change by
 * what it measured until then: what it did not come to is no difference.
 *
 * @param unchanged the boot without the change, which has started what it was to start
 * @param changed the boot with it
 */
export function outcomeOfBoot(unchanged: BootTrace, changed: BootTrace): Outcome {
  if (changed.refusal !== undefined) return { refused: changed.refusal };
  const pcrs = [...unchanged.extends, ...changed.extends].map(({ pcr }) => pcr);
  const isMoved = (pcr: number) => {
    const [before, after] = [unchanged, changed].map((trace) => digestsOf(trace, pcr));
    if (before === undefined || after === undefined) return false;
    const differs = after.some((digest, index) => digest !== before[index]);
    return differs || (changed.hasStarted && after.length !== before.length);
  };
  const moved = [...new Set(pcrs)].filter(isMoved).toSorted((a, b) => a - b);
  if (moved.length === 0 && !changed.hasStarted) return { refused: 'nothing more came' };
  return { moved: moved.map((pcr): Mechanism => `PCR ${pcr}`) };
}

function digestsOf({ extends: all }: BootTrace, pcr: number): readonly string[] {
  return all.filter((one) => one.pcr === pcr).map(({ digests }) => JSON.stringify(digests));
}
