import { EnvironmentError } from './errors.ts';

/**
 * What the toolbox or this host lacks, where bubblewrap itself failed and never ran its tool.
 *
 * @param tool the program that was to run
 * @param lastLine the last line that was written
 */
export function bubblewrapError(tool: string, lastLine: string): EnvironmentError | undefined {
  if (!lastLine.startsWith('bwrap: ')) return undefined;
  if (lastLine.startsWith('bwrap: execvp ')) {
    return new EnvironmentError({
      missing: `the toolbox has no ${tool}`,
      remedy: 'run scripts/setup, or use --tools host',
    });
  }
  return new EnvironmentError({
    missing: `the toolbox cannot be entered (${lastLine})`,
    remedy: 'allow user namespaces to this user, run as root, or use --tools host',
  });
}
