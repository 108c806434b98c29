import { InfraError } from '../host/errors.ts';

/** That SSH broke, which is no verdict about the image: the guest was seen to be up before. */
export function sshError(problem: string): InfraError {
  return new InfraError({ tool: 'SSH', problem: `failed: ${problem}` });
}
