import { printable } from '../bytes/format-error.ts';
import type { ReportCheck } from '../sev/report-verify.ts';

/** Checks for people: a line for each. */
export function checkLines(checks: readonly ReportCheck[]): readonly string[] {
  const width = Math.max(12, ...checks.map(({ name }) => name.length));
  return checks.map(({ name, ok, detail }) => {
    const verdict = ok ? 'ok    ' : 'WRONG ';
    return `${verdict} ${name.padEnd(width)} ${printable(detail)}`;
  });
}
