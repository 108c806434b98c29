import type { Judgement } from '../../harness/judge/judgement.ts';

/**
 * What this host cannot look at.
 *
 * @param title what would be looked at
 * @param missing what the host lacks, a sentence's worth each
 * @param instead what is looked at on every host
 */
export function notOnThisHost(
  title: string,
  missing: readonly string[],
  file: string,
  instead?: string,
): Judgement {
  const lacks = missing.join(', ');
  const but = instead === undefined ? '' : `; ${instead}`;
  return {
    state: 'skip',
    sentence: `not looked at whether ${title}: this host has ${lacks}${but}`,
    expected: 'a host that starts SEV-SNP guests',
    observed: `a host that starts no SEV-SNP guests: ${lacks}`,
    witness: 'host file',
    file,
  };
}
