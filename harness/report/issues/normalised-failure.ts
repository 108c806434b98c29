import type { Finding } from '../../judge/finding.ts';

/** What is another in each run and says nothing of the failure; the first that matches wins. */
const OF_ONE_RUN: readonly (readonly [RegExp, string])[] = [
  [/; last lines: .*$/s, ''],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, 'TIME'],
  [/\d{8}T\d{6}Z-[0-9a-f]{4}/g, 'RUN'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, 'GUID'],
  [/\b0x[0-9a-f]+\b/gi, 'ADDRESS'],
  [/\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, 'DIGEST'],
  [/(?<![\w.])\/(?:[^\s/:,;'"]+\/)+/g, ''],
  [/\b\d+(?:\.\d+)?(?= (?:ms|s|seconds?|bytes|KiB|MiB|GiB)\b)/g, 'N'],
  [/\b\d{5,}\b/g, 'N'],
  [/\s+/g, ' '],
];

/**
 * What failed, without what is another in each run: two findings of one failure have one text.
 *
 * @param finding one that is no pass
 * @returns its state and sentence without times, digests, addresses, folders, large numbers, and the name of
 *   the machine; the state alone of one that held, but not each time
 */
export function normalisedFailure({ state, sentence, machine }: Finding): string {
  if (state === 'flaky') return state;
  const general = machine === null ? sentence : sentence.replaceAll(machine, 'MACHINE');
  const text = OF_ONE_RUN.reduce((so, [pattern, word]) => so.replace(pattern, word), general);
  return `${state}: ${text.trim()}`;
}
