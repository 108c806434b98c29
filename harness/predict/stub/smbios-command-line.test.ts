import { describe, expect, it } from 'vitest';
import { smbiosCommandLine, smbiosCommandLineEvents } from './smbios-command-line.ts';

const STUB = { version: 257, release: '257.13' };
const STRING = 'io.systemd.stub.kernel-cmdline-extra=quiet splash';
const BANKS = { banks: ['sha256'] } as const;

describe('what SMBIOS adds to a command line', () => {
  it.each([
    ['the first string of that name', ['other=1', STRING, `${STRING} 2`], 'quiet splash'],
    ['nothing of that of systemd-boot', ['io.systemd.boot.kernel-cmdline-extra=x'], undefined],
    ['nothing of one without a value', ['io.systemd.stub.kernel-cmdline-extra='], undefined],
    ['nothing without strings', [], undefined],
  ])('is %s', (_, strings, expected) => {
    expect(smbiosCommandLine(STUB, strings)).toBe(expected);
  });

  it('is nothing to a stub before v254', () => {
    expect(smbiosCommandLine({ ...STUB, version: 253 }, [STRING])).toBeUndefined();
  });

  it('is measured in PCR 12, and from v257 on it is known when', () => {
    const { events } = smbiosCommandLineEvents(BANKS, STUB, 'quiet splash');
    expect(events).toMatchObject([{ pcr: 12, type: 'EV_IPL', agent: 'systemd-stub' }]);
    const older = smbiosCommandLineEvents(BANKS, { ...STUB, version: 256 }, 'quiet splash');
    expect(older.unpredictable.map(({ pcr }) => pcr)).toEqual([9, 12]);
  });
});
