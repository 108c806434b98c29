import type { Judgement } from './judgement.ts';

/** What a VM's TPM has left on its host. */
export type HostRemains = {
  /** How the VM ended, e.g. `power-off`. */
  readonly end: string;
  /** Where something of the TPM was found while the VM lived. */
  readonly alive: readonly string[];
  /** The same when it had ended. */
  readonly ended: readonly string[];
  /** File that shows it. */
  readonly file: string;
};

/** Judges whether nothing of a TPM is left; a search that did not find it while it lived proves nothing. */
export function judgeRemains({ end, alive, ended, file }: HostRemains): Judgement {
  const common = {
    expected: 'no file, directory or process of the TPM',
    observed: ended.length === 0 ? 'none' : ended.join('; '),
    witness: 'host file',
    file,
  } as const;
  if (alive.length === 0) {
    const sentence = 'the search did not find the TPM while it lived';
    return { ...common, state: 'vacuous', sentence };
  }
  return ended.length === 0
    ? { ...common, state: 'pass', sentence: `after ${end} nothing of the TPM is left on the host` }
    : {
        ...common,
        state: 'fail',
        sentence: `after ${end} something of the TPM is left on the host`,
      };
}
