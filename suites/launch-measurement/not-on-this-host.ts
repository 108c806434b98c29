import type { Judgement } from '../../harness/judge/judgement.ts';

/**
 * What this host cannot look at.
 *
 * @param title what would be looked at
 * @param missing what the host lacks, a sentence's worth each
 */
export function notOnThisHost(title: string, missing: readonly string[], file: string): Judgement {
  const lacks = missing.join(', ');
  return {
    state: 'skip',
    sentence: `not looked at whether ${title}: this host has ${lacks}`,
    expected: 'a host that starts SEV-SNP guests',
    observed: lacks,
    witness: 'host file',
    file,
  };
}
