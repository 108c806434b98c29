import { join } from 'node:path';
import { execa } from 'execa';
import { EnvironmentError, InfraError } from '../host/errors.ts';
import { EXIT } from './exit-code.ts';
import { WORKSPACE } from './workspace.ts';

/**
 * Gets toolbox and firmware where they are not there; called once it is clear that the command line
 * makes sense. What set-up says goes to stderr.
 *
 * @param signal ends it
 * @throws EnvironmentError where this host cannot be set up; InfraError where a tool fails at it;
 *   the reason of `signal` where that aborts
 */
export async function setUp(signal: AbortSignal): Promise<void> {
  const script = join(WORKSPACE.root, 'scripts', 'setup');
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const { exitCode } = await execa(script, ['all'], { reject: false, stdio, cancelSignal: signal });
  signal.throwIfAborted();
  if (exitCode === 0) return;
  if (exitCode === EXIT.hostCannot) {
    const missing = 'what boots a machine is not there';
    throw new EnvironmentError({ missing, remedy: 'set-up says why, above' });
  }
  throw new InfraError({ tool: 'scripts/setup', problem: 'failed; it says why, above' });
}
