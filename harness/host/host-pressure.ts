import { readFileSync } from 'node:fs';

/** Pressure Stall Information (Linux, Documentation/accounting/psi.rst): who waited, and for what. */
const FILES = ['/proc/pressure/cpu', '/proc/pressure/io'];

/** The line of what at least one task waited for; its total is in microseconds. */
const SOME = /^some .*\btotal=(\d+)$/m;

const MICROSECONDS = 1_000;

/** Waits begin by the hundred: one look serves those of the same moment. */
const FRESH_MS = 20;

let last = { atMs: Number.NEGATIVE_INFINITY, stalledMs: 0 };

/**
 * For how long tasks of this host have waited for a processor or a disk since it was started: that of two
 * looks tells how much of the time between them the host was busy.
 *
 * @returns milliseconds; always the same where the kernel does not tell
 */
export function stalledMs(): number {
  const atMs = performance.now();
  if (atMs - last.atMs >= FRESH_MS) last = { atMs, stalledMs: read() };
  return last.stalledMs;
}

function read(): number {
  return FILES.reduce((sum, file) => sum + totalOf(file), 0) / MICROSECONDS;
}

function totalOf(file: string): number {
  try {
    return Number(SOME.exec(readFileSync(file, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0; // a kernel without it, or a container that does not show it
  }
}
