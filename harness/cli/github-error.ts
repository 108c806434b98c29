import { EnvironmentError, InfraError, UsageError } from '../host/errors.ts';

/** The permission that a token needs, and no other. */
const PERMISSION = 'a token whose only permission is "Issues: read and write"';

/**
 * What a failed request to GitHub means to who typed the command.
 *
 * @param repository `owner/name`
 * @param error what the client threw
 */
export function gitHubError(repository: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error)) return error;
  const { status, message } = error;
  if (isLimit(error)) {
    const problem = `asks to wait longer than this command does (${message}); run it again later: what it has done stays`;
    return new InfraError({ tool: 'GitHub', problem });
  }
  switch (status) {
    case 401:
    case 403:
      return new EnvironmentError({
        missing: `GitHub does not let this token work on the issues of ${repository}`,
        remedy: `set GITHUB_TOKEN to ${PERMISSION}`,
      });
    case 404:
      return new UsageError(`GitHub knows no ${repository} that this token may see`);
    case 410:
      return new EnvironmentError({
        missing: `${repository} has no issues`,
        remedy: 'switch them on in its settings, or name another with --repo',
      });
    default:
      return new InfraError({ tool: 'GitHub', problem: `failed with ${status}: ${message}` });
  }
}

function isLimit({ message }: Error): boolean {
  return /rate limit/i.test(message);
}
