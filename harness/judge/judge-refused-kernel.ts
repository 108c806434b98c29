import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';

/** What became of a kernel that QEMU gave to the firmware, and that nothing allows. */
export type RefusedKernel = {
  /** Begins a sentence. */
  readonly what: string;
  /** OVMF's own lines of the console. */
  readonly said: readonly string[];
  /** Whether the kernel's first words were seen. */
  readonly started: boolean;
};

/** Names of files of the run that show what was observed. */
export type RefusedKernelFiles = { readonly console: string };

const REFUSAL = 'Secure boot image verification failed';

/**
 * Judges that a kernel which is refused is not started by another loader, and that nothing else keeps it
 * from being started.
 *
 * @param switched the run of the same kernel in which the host allows the loader that verifies nothing
 */
export function judgeRefusedKernel(
  { what, said, started }: RefusedKernel,
  switched: RefusedKernel,
  files: RefusedKernelFiles,
): readonly Judgement[] {
  const about = { witness: 'console' as const, file: files.console };
  const words = printable(said.join(' '));
  const isRefused = said.some((line) => line.includes(REFUSAL));
  return [
    {
      state: isRefused ? 'pass' : 'vacuous',
      sentence: `${what}: ${isRefused ? 'the firmware loaded it, and says that it is not verified' : 'the firmware says nothing of it'}`,
      expected: REFUSAL,
      observed: words || 'no word of OVMF',
      ...about,
    },
    {
      state: switched.started ? 'pass' : 'vacuous',
      sentence: `${what}: the same kernel ${switched.started ? 'starts' : 'does not start either'} where the host allows the legacy loader`,
      expected: 'the kernel’s first words',
      observed: switched.started ? 'the kernel’s first words' : 'none',
      ...about,
    },
    {
      state: started ? 'fail' : 'pass',
      sentence: `${what}: ${started ? 'is started all the same, by a loader that verifies nothing' : 'is not started'}`,
      expected: 'no word of the kernel',
      observed: started ? 'the kernel’s first words' : words,
      ...about,
    },
  ];
}
