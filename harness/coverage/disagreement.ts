import type { Outcome } from './forecast-difference.ts';
import type { Mechanism, Region } from './region.ts';

/**
 * Holds what the map says of a region against what became of a change in it.
 *
 * @returns the sentence that says where they part; `undefined` where they agree
 */
export function disagreement(region: Region, outcome: Outcome): string | undefined {
  const { detectedBy, partly, steers, executed } = region;
  const said = detectedBy.join(', ') || 'nothing';
  if ('refused' in outcome) {
    return detectedBy.length > 0 || steers || executed
      ? undefined
      : `nothing was to notice, but: ${outcome.refused}`;
  }
  const { moved } = outcome;
  const pcrs = detectedBy.filter((one) => one.startsWith('PCR '));
  const missing = partly === undefined ? pcrs.filter((one) => !moved.includes(one)) : [];
  if (missing.length > 0) return `${missing.join(', ')} did not move`;
  const unsaid = steers ? [] : moved.filter((one) => !isSaid(region, one));
  if (unsaid.length > 0) return `${said} was to notice, but ${unsaid.join(', ')} moved`;
  const isRefusal = detectedBy.some((one) => one === 'firmware refuses' || isSignature(one));
  return isRefusal && partly === undefined ? `${said}, but it would be booted` : undefined;
}

function isSignature(mechanism: Mechanism): boolean {
  return mechanism === 'Secure Boot signature';
}

/** What userspace measures follows from data that dm-verity would not have let through. */
function isSaid({ detectedBy }: Region, moved: Mechanism): boolean {
  return detectedBy.includes(moved) || (moved === 'PCR 15' && detectedBy.includes('dm-verity'));
}
