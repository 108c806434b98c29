import type { ChildExit } from '../host/child.ts';
import type { QmpEvent } from './qmp-message.ts';

/** Why a VM does not run any more. */
export type HaltReason =
  | { readonly kind: 'guest-shutdown' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'panicked' }
  | { readonly kind: 'internal-error'; readonly status: string }
  | ({ readonly kind: 'qemu-exit' } & ChildExit)
  | { readonly kind: 'killed' };

/**
 * The halt that an event tells of (QEMU QMP reference, `SHUTDOWN` and `GUEST_PANICKED`). With
 * `-no-reboot` a guest's reset is a shutdown with the cause `guest-reset`.
 */
export function haltOfEvent({ name, data }: QmpEvent): HaltReason | undefined {
  if (name === 'GUEST_PANICKED') return { kind: 'panicked' };
  if (name !== 'SHUTDOWN') return undefined;
  switch (data['reason']) {
    case 'guest-shutdown':
      return { kind: 'guest-shutdown' };
    case 'guest-reset':
    case 'subsystem-reset':
      return { kind: 'reset' };
    case 'guest-panic':
      return { kind: 'panicked' };
    default:
      // The host's doing: how QEMU exits tells the rest.
      return undefined;
  }
}

/** Run states (QEMU QMP reference, `RunState`) that a VM never leaves by itself. */
const DEAD_STATES = new Set(['internal-error', 'io-error', 'guest-panicked', 'watchdog']);

/** The halt that a run state means, or `undefined` where the VM merely pauses. */
export function haltOfStatus(status: string): HaltReason | undefined {
  if (!DEAD_STATES.has(status)) return undefined;
  return status === 'guest-panicked' ? { kind: 'panicked' } : { kind: 'internal-error', status };
}

/** A halt as the end of a sentence whose subject is the VM. */
export function describeHalt(reason: HaltReason): string {
  switch (reason.kind) {
    case 'guest-shutdown':
      return 'was shut down by the guest';
    case 'reset':
      return 'was reset by the guest';
    case 'panicked':
      return 'panicked';
    case 'internal-error':
      return `stopped in QEMU's state ${reason.status}`;
    case 'qemu-exit':
      return reason.signal === null
        ? `ended with QEMU's exit code ${reason.exitCode}`
        : `ended as QEMU was killed by ${reason.signal}`;
    case 'killed':
      return 'was ended by the harness';
  }
}
