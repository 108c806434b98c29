import type { JudgedStart } from '../judge-stub-start.ts';

/** An event, as it is forecast and as it is seen. */
export const madeEvent = (pcr: number, sha256: string, description = 'x') => ({
  pcr,
  sha256,
  description,
  agent: 'systemd-stub',
});

/** A start whose command line has the word a=1, measured as aa in PCR 12, as computed. */
export function madeStart(changes: Partial<JudgedStart> = {}): JudgedStart {
  return {
    what: 'a start',
    expected: {
      events: [madeEvent(12, 'aa', 'initrd with credentials: a'), madeEvent(12, 'bb')],
      unknown: [],
      commandLine: 'a=1 b',
    },
    extended: [madeEvent(12, 'aa'), madeEvent(12, 'bb')],
    commandLine: 'a=1 b',
    console: [],
    ...changes,
  };
}

/** The same without the word. */
export const BARE_START = madeStart({ commandLine: 'b', extended: [madeEvent(12, 'bb')] });
