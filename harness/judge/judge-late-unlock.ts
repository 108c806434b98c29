import type { Judgement } from './judgement.ts';

/** How a command of the guest ended. */
type Attempt = { readonly exitCode: number | null; readonly output: string };

/** Two volumes, closed and opened again by a system whose initrd was left long ago. */
export type LateUnlock = {
  /** The one whose policy knows of no phase: the twin. */
  readonly twin: Attempt;
  /** The one whose key is for the phase enter-initrd alone. */
  readonly late: Attempt;
  readonly file: string;
};

/** How systemd-cryptsetup says that no signature fits the PCR as it is now. */
const REFUSAL = /Failed to unseal secret using TPM2: No such device or address/;

/** Judges whether a key for one phase of the boot is refused in a later one. */
export function judgeLateUnlock({ twin, late, file }: LateUnlock): Judgement {
  const common = {
    expected: `refused by systemd-cryptsetup: ${REFUSAL.source}`,
    observed: `exit code ${late.exitCode}: ${late.output.trim()}`,
    witness: 'guest command',
    file,
  } as const;
  if (twin.exitCode !== 0) {
    const sentence = `no volume at all can be opened late: ${twin.output.trim()}`;
    return { ...common, state: 'vacuous', sentence };
  }
  return late.exitCode !== 0 && REFUSAL.test(late.output)
    ? {
        ...common,
        state: 'pass',
        sentence: 'after leave-initrd systemd-cryptsetup refuses the key that is for enter-initrd',
      }
    : {
        ...common,
        state: 'fail',
        sentence: 'a key for enter-initrd is not refused after leave-initrd',
      };
}
