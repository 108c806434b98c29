import type { FirmwareBuild } from '../images/firmware-build.ts';
import { Machine } from '../machine/machine.ts';

/**
 * A machine whose firmware shows whether an accelerator works; nothing is booted of it.
 *
 * @returns `undefined` where no build has a variable store
 */
export function probeMachine(builds: readonly FirmwareBuild[]): Machine | undefined {
  const build = builds.find(({ variant }) => variant === 'secure-boot');
  if (build?.vars == null) return undefined;
  return Machine.parse({
    name: 'probe',
    firmware: { kind: 'pflash', code: build.code.path, vars: build.vars.path, smm: true },
    boot: { kind: 'kernel', kernel: build.code.path },
  });
}
