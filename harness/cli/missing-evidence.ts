import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../judge/finding.ts';
import type { Result } from '../report/result.ts';

type Boot = Result['boots'][number];

/** The evidence of a run. */
export type NamedEvidence = {
  /** Paths relative to the run's directory, each once. */
  readonly named: readonly string[];
  /** Those of them where nothing is. */
  readonly missing: readonly string[];
};

/**
 * Looks whether what findings and boots name is still there.
 *
 * @param run directory of the run
 * @param isLookedAt of which findings and boots; of all, if not given
 */
export function namedEvidence(
  run: string,
  { requirements, boots }: Result,
  isLookedAt: (one: Finding | Boot) => boolean = () => true,
): NamedEvidence {
  const findings = requirements.flatMap((one) => one.findings).filter(isLookedAt);
  const named = new Set([
    ...findings.flatMap(({ evidence }) => evidence ?? []),
    ...boots.filter(isLookedAt).map(({ dossier }) => dossier),
  ]);
  return { named: [...named], missing: [...named].filter((path) => !existsSync(join(run, path))) };
}
