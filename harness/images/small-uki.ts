import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

const UKIFY_MS = 60_000;

/** A UKI without initrd. */
export type SmallUki = {
  /** Absolute path of the kernel. */
  readonly kernel: string;
  /** Its command line; without one it takes that which it is given. */
  readonly cmdline?: string;
  /** The command line of a second profile. */
  readonly profileCmdline?: string;
  /** Absolute path of the directory that it is made in. */
  readonly directory: string;
};

/**
 * Makes a UKI that has no initrd, and is not signed: firmware and stub are through with it in no time.
 *
 * @returns its path
 * @throws InfraError where ukify fails
 */
export async function makeSmallUki(
  { kernel, cmdline, profileCmdline, directory }: SmallUki,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<string> {
  const ukify = (args: readonly string[]) => {
    const access = { readable: [kernel], directory };
    const command = toolCommand(tools, 'ukify', ['build', ...args], access);
    return runTool(command, { ...context, deadlineMs: UKIFY_MS });
  };
  const [profile, uki] = [join(directory, 'profile.efi'), join(directory, 'uki.efi')];
  const release = join(directory, 'os-release');
  await writeFile(release, 'ID=cvm\nVERSION_ID=1\nPRETTY_NAME="cvm-conformance"\n');
  const others = profileCmdline === undefined ? [] : ['--profile', 'ID=main'];
  if (profileCmdline !== undefined) {
    await ukify(['--profile', 'ID=own', '--cmdline', profileCmdline, '--output', profile]);
    others.push('--join-profile', profile);
  }
  const own = cmdline === undefined ? [] : ['--cmdline', cmdline];
  const parts = ['--linux', kernel, '--uname', '6.12.0', '--os-release', `@${release}`];
  await ukify([...parts, ...own, ...others, '--output', uki]);
  return uki;
}
