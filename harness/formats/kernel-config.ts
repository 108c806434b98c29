/**
 * Reads the configuration that a Linux kernel was built with.
 *
 * @param text as `make` writes it to `.config`
 * @returns values by name, e.g. `CONFIG_IMA` → `y`, texts without their quotes; what is not set is absent
 * @see Linux, Documentation/kbuild/kconfig.rst
 */
export function readKernelConfig(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^(CONFIG_\w+)=(.*)$/.exec(line));
  return new Map(
    lines.flatMap((match) => {
      const [, name = '', value = ''] = match ?? [];
      return match === null ? [] : [[name, value.replace(/^"(.*)"$/, '$1')] as const];
    }),
  );
}
