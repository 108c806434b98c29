import type { Finding } from '../judge/finding.ts';
import type { Result } from './result.ts';

/**
 * The folder of the run with what the finding was seen in. Machines of two suites may have one name: the
 * evidence says which of them it was.
 *
 * @returns relative to the run's directory; `undefined` where nothing was kept
 */
export function evidenceFolder(
  { evidence, machine }: Pick<Finding, 'evidence' | 'machine'>,
  { boots }: Pick<Result, 'boots'>,
): string | undefined {
  if (evidence !== null) return evidence.slice(0, Math.max(0, evidence.lastIndexOf('/')));
  return boots.find(({ name }) => name === machine)?.dossier;
}
