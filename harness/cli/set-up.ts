import { join } from 'node:path';
import { Child } from '../host/child.ts';
import { waitFor } from '../host/deadline.ts';
import { EnvironmentError, InfraError } from '../host/errors.ts';
import { EXIT } from './exit-code.ts';
import type { HostSession } from './host-session.ts';
import { WORKSPACE } from './workspace.ts';

/** Packages come from a mirror that may be slow; without a network set-up itself gives up. */
const DEADLINE_MS = 3_600_000;

/**
 * Gets toolbox and firmware where they are not there; called once it is clear that the command line
 * makes sense. What set-up says goes to stderr. Nothing of it goes on when the command ends.
 *
 * @throws EnvironmentError where this host cannot be set up; InfraError where a tool fails at it;
 *   Interrupted at Ctrl-C
 */
export async function setUp({ reaper, signal }: HostSession): Promise<void> {
  const script = join(WORKSPACE.root, 'scripts', 'setup');
  const command = {
    tool: 'scripts/setup',
    argv: [script, 'all'] as const,
    directory: undefined,
    environment: {},
    signalAsExitCode: false,
  };
  const onError = (chunk: Uint8Array) => process.stderr.write(chunk);
  await using child = await Child.start(command, reaper, undefined, onError);
  const wait = { name: 'set-up', deadlineMs: DEADLINE_MS, signal };
  const { exitCode } = await waitFor(wait, () => child.exit);
  if (exitCode === EXIT.conforms) return;
  if (exitCode === EXIT.hostCannot) {
    const missing = 'what boots a machine is not there';
    throw new EnvironmentError({ missing, remedy: 'set-up says why, above' });
  }
  throw new InfraError({ tool: command.tool, problem: 'failed; it says why, above' });
}
