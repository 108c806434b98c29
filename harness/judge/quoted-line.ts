import { printable } from '../bytes/format-error.ts';

/** When the line was heard, as a console's log has it, and the kernel's time (Linux, kernel/printk/printk.c, print_time). */
const TIMES = /^(?:\d+\.\d{3} )?(?:\[ *\d+\.\d+\] )?/;

/** The process that a program's message is of, as the journal forwards it to the console. */
const PROCESS = /^([^\s[\]]+)\[\d+\]: /;

/**
 * A line of a console or a kernel log as a finding quotes it: without what is another at each boot of the
 * same machine, so that two runs say the same. The file of evidence has the line as it was.
 *
 * @param line as the guest wrote it, or as a log of the console has it
 * @returns safe for one line on a terminal
 */
export function quotedLine(line: string): string {
  return printable(line.trim().replace(TIMES, '').replace(PROCESS, '$1: '));
}
