/** One parameter of a kernel command line; without a value where it is a mere word. */
export type KernelParameter = { readonly key: string; readonly value: string | undefined };

/** Words that systemd takes for false (src/basic/parse-util.c, parse_boolean). */
const FALSE = new Set(['0', 'no', 'n', 'false', 'f', 'off']);

/**
 * Splits a kernel command line as systemd does: at spaces that are not quoted. Dashes of keys count as
 * underscores, as they do where systemd compares keys of its own.
 *
 * @see systemd src/basic/proc-cmdline.c (proc_cmdline_parse, proc_cmdline_key_streq)
 */
export function kernelParameters(commandLine: string): readonly KernelParameter[] {
  const words = commandLine.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words
    .map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'))
    .map((word) => {
      const at = word.indexOf('=');
      return at < 0
        ? { key: normal(word), value: undefined }
        : { key: normal(word.slice(0, at)), value: word.slice(at + 1) };
    });
}

/** The value that a key has last; `undefined` where it has none. */
export function parameterValue(
  parameters: readonly KernelParameter[],
  key: string,
): string | undefined {
  return parameters.findLast((one) => one.key === normal(key) && one.value)?.value;
}

/** Whether a switch is turned off. */
export function isTurnedOff(parameters: readonly KernelParameter[], key: string): boolean {
  return FALSE.has(parameterValue(parameters, key)?.toLowerCase() ?? '');
}

function normal(key: string): string {
  return key.replaceAll('-', '_');
}
